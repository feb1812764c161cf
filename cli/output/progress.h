// Shows how far long work is: on a terminal a bar, otherwise a plain line now and then, with
// --quiet nothing. Everything goes to standard error.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vetor::cli {

/// A bar is drawn anew at most this often.
inline constexpr std::chrono::milliseconds kBarEvery{100};

struct ProgressState {
  uint64_t done = 0;               ///< In `unit`.
  std::optional<double> fraction;  ///< Of the whole, in [0, 1]; unset if it is not known.
  double seconds = 0;              ///< Since the start.
  std::string_view unit = "texts";
};

/// "0:07", "12:30", "3:05:00"
std::string FormatDuration(double seconds);
/// "12,345 texts, 45%, 410/s, 0:31 left"
std::string FormatProgressLine(const ProgressState& state);
/// "[#########...........]", of `fraction` in [0, 1].
std::string FormatBar(double fraction);
/// "[#########...........] 45% 12,345 texts 410/s 0:31 left", without a bar if the whole is not
/// known.
std::string FormatProgressBar(const ProgressState& state);

/// For one thread at a time.
class Progress {
 public:
  enum class Form { kNone, kLines, kBar };
  /// `what` begins each line: "embedding".
  Progress(std::string_view what, Form form, std::string_view unit = "texts");
  /// kBar on a terminal, else kLines; kNone if `quiet`.
  static Form ChooseForm(bool quiet);
  ~Progress();  ///< Wipes a bar off the terminal.
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows `done` units if it is time: a bar ten times a second, a line every ten seconds.
  void Update(uint64_t done, std::optional<double> fraction);

 private:
  using Clock = std::chrono::steady_clock;

  std::string what_;
  std::string unit_;
  Form form_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point next_;
  bool drawn_ = false;
};

}  // namespace vetor::cli
