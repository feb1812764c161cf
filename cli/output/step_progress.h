// Shows how far work in named steps is, such as an export: on a terminal one line that changes,
// otherwise one line per step, with --quiet nothing. Everything goes to standard error.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "cli/output/progress.h"

namespace vetor::cli {

/// "[#########...............]  38%  model_quantized.onnx: smoothing"
std::string FormatStepBar(std::string_view step, double fraction);

/// For one thread at a time.
class StepProgress {
 public:
  /// `what` begins each line: "export".
  StepProgress(std::string_view what, Progress::Form form);
  ~StepProgress();  ///< Wipes a bar off the terminal.
  StepProgress(const StepProgress&) = delete;
  StepProgress& operator=(const StepProgress&) = delete;

  /// `fraction` of the whole work, in [0, 1].
  void Update(std::string_view step, double fraction);

 private:
  using Clock = std::chrono::steady_clock;

  std::string what_;
  Progress::Form form_;
  std::string step_;
  Clock::time_point next_;
  bool drawn_ = false;
};

}  // namespace vetor::cli
