// What `vetor doctor` finds, and how it is shown: a line a check for people, one object for
// scripts.
#pragma once

#include <boost/json/array.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "cli/streams/byte_stream.h"
#include "vetor/status.h"

namespace vetor::cli {

enum class CheckState {
  kOk,
  kNote,     ///< Works; something a user should know or could do better.
  kSkipped,  ///< Could not be looked at, because of another check.
  kWrong,
};

struct DoctorCheck {
  std::string name;  ///< "model"
  CheckState state = CheckState::kOk;
  std::string detail;  ///< What was found; parts on lines of their own.
  std::string remedy;  ///< What to do about it, likewise; empty: nothing.
};

/// kWrong with the message of `status`. A message ends with its remedy ("...; name a model"): that
/// part becomes the check's remedy. `otherwise` is the remedy where the message has none.
DoctorCheck WrongCheck(std::string name, const Status& status, std::string_view otherwise);

/// The check as a user reads it, wrapped at 100 columns:
///
///   WRONG    model          the model is not there: models/x
///                           -> name an .onnx file or a model folder
std::string FormatCheck(const DoctorCheck& check);

/// Takes checks as they are made. Lines appear at once, so that a check that hangs or takes the
/// process down is the one after the last line. For one thread.
class DoctorReport {
 public:
  static Result<DoctorReport> Open(bool json);

  void Add(DoctorCheck check);
  /// Writes the JSON object, if that is the form. Errors: those of OutputStream, of Add too.
  Status Finish();

  size_t Count(CheckState state) const;
  size_t size() const { return checks_; }

 private:
  DoctorReport(OutputStream output, bool json) : output_(std::move(output)), json_(json) {}

  OutputStream output_;
  bool json_;
  boost::json::array array_;
  size_t checks_ = 0;
  size_t counts_[4] = {};
  Status written_;
};

}  // namespace vetor::cli
