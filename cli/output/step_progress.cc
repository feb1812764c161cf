#include "cli/output/step_progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/streams/standard_error.h"

namespace vetor::cli {
std::string FormatStepBar(std::string_view step, double fraction) {
  fraction = std::clamp(fraction, 0.0, 1.0);
  return fmt::format("{} {:3}%  {}", FormatBar(fraction), static_cast<int>(fraction * 100), step);
}

StepProgress::StepProgress(std::string_view what, Progress::Form form)
    : what_(what), form_(form), next_(Clock::now()) {}

StepProgress::~StepProgress() {
  if (drawn_) WriteToStandardError(kClearLine);
}

void StepProgress::Update(std::string_view step, double fraction) {
  if (form_ == Progress::Form::kNone) return;
  const bool new_step = step != step_;
  step_ = step;
  if (form_ == Progress::Form::kLines) {
    if (new_step) PrintError("vetor: {}: {}\n", what_, step);
    return;
  }
  const Clock::time_point now = Clock::now();
  if (!new_step && now < next_) return;
  next_ = now + kBarEvery;
  DrawLine(fmt::format("{} {}", what_, FormatStepBar(step, fraction)));
  drawn_ = true;
}

}  // namespace vetor::cli
