#include "cli/output/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/counted.h"
#include "cli/streams/standard_error.h"

namespace vetor::cli {
namespace {

using std::chrono::milliseconds;

// A run that ends before its first line is due prints no line.
constexpr milliseconds kLineEvery{10'000};
constexpr size_t kBarCells = 24;

// "1 text", "2 texts", "7 kB"
std::string Done(const ProgressState& state) {
  std::string_view unit = state.unit;
  if (state.done == 1 && unit.ends_with('s')) unit.remove_suffix(1);
  return fmt::format("{} {}", WithThousands(state.done), unit);
}

std::string Rate(const ProgressState& state) {
  const double rate = state.seconds > 0 ? static_cast<double>(state.done) / state.seconds : 0;
  return WithThousands(static_cast<uint64_t>(rate)) + "/s";
}

std::optional<std::string> TimeLeft(const ProgressState& state) {
  if (!state.fraction || *state.fraction <= 0) return std::nullopt;
  return FormatDuration(state.seconds * (1 - *state.fraction) / *state.fraction) + " left";
}

int Percent(const ProgressState& state) { return static_cast<int>(*state.fraction * 100); }

}  // namespace

std::string FormatDuration(double seconds) {
  const auto whole = static_cast<uint64_t>(std::clamp(seconds, 0.0, 1e9));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string FormatProgressLine(const ProgressState& state) {
  std::string line = Done(state);
  if (state.fraction) line += fmt::format(", {}%", Percent(state));
  line += ", " + Rate(state);
  if (const auto left = TimeLeft(state)) line += ", " + *left;
  return line;
}

std::string FormatBar(double fraction) {
  const auto full = static_cast<size_t>(fraction * kBarCells);
  return fmt::format("[{}{}]", std::string(full, '#'), std::string(kBarCells - full, '.'));
}

std::string FormatProgressBar(const ProgressState& state) {
  std::string bar;
  if (state.fraction) {
    bar = fmt::format("{} {:2}%  ", FormatBar(*state.fraction), Percent(state));
  }
  bar += fmt::format("{}  {}", Done(state), Rate(state));
  if (const auto left = TimeLeft(state)) bar += "  " + *left;
  return bar;
}

Progress::Form Progress::ChooseForm(bool quiet) {
  if (quiet) return Form::kNone;
  const char* terminal = std::getenv("TERM");
  const bool plain = terminal == nullptr || std::string_view(terminal) == "dumb";
  return ::isatty(STDERR_FILENO) == 1 && !plain ? Form::kBar : Form::kLines;
}

Progress::Progress(std::string_view what, Form form, std::string_view unit)
    : what_(what),
      unit_(unit),
      form_(form),
      next_(start_ + (form == Form::kBar ? kBarEvery : kLineEvery)) {}

Progress::~Progress() {
  if (drawn_) WriteToStandardError(kClearLine);
}

void Progress::Update(uint64_t done, std::optional<double> fraction) {
  if (form_ == Form::kNone) return;
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + (form_ == Form::kBar ? kBarEvery : kLineEvery);
  if (fraction) fraction = std::clamp(*fraction, 0.0, 1.0);
  const ProgressState state{done, fraction, std::chrono::duration<double>(now - start_).count(),
                            unit_};
  if (form_ == Form::kBar) {
    DrawLine(fmt::format("{} {}", what_, FormatProgressBar(state)));
    drawn_ = true;
  } else {
    PrintError("vetor: {}: {}\n", what_, FormatProgressLine(state));
  }
}

}  // namespace vetor::cli
