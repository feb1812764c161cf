// The report as it grows.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "vetor/doctor.h"
#include "vetor/status.h"

namespace vetor {

/// kWrong with the message of `status`. A message ends with its remedy ("...; name a model"): that
/// part becomes the check's remedy. `otherwise` is the remedy if the message has none.
DoctorCheck WrongCheck(std::string name, const Status& status, std::string_view otherwise);

/// Takes checks as they are made, and tells of each at once. For one thread.
class CheckList {
 public:
  explicit CheckList(std::function<void(const DoctorCheck&)> on_check)
      : on_check_(std::move(on_check)) {}

  void Add(DoctorCheck check);
  /// Checks that could not be made, all for one reason.
  void AddSkipped(std::initializer_list<const char*> names, const std::string& why);

  bool Has(std::string_view name) const;

  DoctorReport Take() { return std::move(report_); }

 private:
  std::function<void(const DoctorCheck&)> on_check_;
  DoctorReport report_;
};

}  // namespace vetor
