// Doctor: works through everything that can be wrong with settings, a model, the runtime, a cache
// and a machine, and says what to do. The command `vetor doctor` shows this report.
//
//   auto report = vetor::Diagnose(vetor::LoadConfig("config.json"), {.config_path =
//   "config.json"}); if (!report.ok()) return Fail(report.status()); for (const vetor::DoctorCheck&
//   check : report->checks) {
//     std::cout << check.name << ": " << check.detail << '\n';
//     if (!check.remedy.empty()) std::cout << "  -> " << check.remedy << '\n';
//   }
//   return report->ok() ? 0 : 1;
//
// Everything here is a plain value; Diagnose may be called from any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "vetor/config_file.h"
#include "vetor/status.h"

namespace vetor {

enum class CheckState {
  kOk,
  kNote,     ///< Works; something a user should know or could do better.
  kSkipped,  ///< Could not be looked at, because of another check.
  kWrong,
};

/// "ok", "note", "skipped" or "wrong".
const char* CheckStateName(CheckState state);

/// One check and its result.
struct DoctorCheck {
  std::string name;  ///< "model"
  CheckState state = CheckState::kOk;
  std::string detail;  ///< The finding; its parts are on lines of their own.
  std::string remedy;  ///< What to do about it, in the same form; empty: nothing.
};

/// All checks, in the order in which they were made.
struct DoctorReport {
  std::vector<DoctorCheck> checks;

  size_t Count(CheckState state) const;
  /// Whether nothing is wrong.
  bool ok() const { return Count(CheckState::kWrong) == 0; }
};

struct DoctorOptions {
  /// The file that the settings come from: the first check names it. Empty: the check says that
  /// the program has given them.
  std::string config_path = {};
  /// Also measures what the model gives in bf16 and int8, for four seconds more: the check
  /// "precisions" has a line for each.
  bool compare_precisions = false;
  /// A requested stop ends the work with CANCELLED.
  std::stop_token stop = {};
  /// Called with each check as it is made, on the calling thread. If a check hangs or ends the
  /// process, it is the one after the last that was reported. Must not throw.
  std::function<void(const DoctorCheck&)> on_check = {};
};

/// Checks configuration, library, model, files, tokenizer, pooling, maximum length, providers,
/// sample texts, speed, cache, cpu and memory, as far as the settings need them. If `settings`
/// could not be read, the report says that, and only the machine is checked beside it.
///
/// Changes nothing, also not in a cache that a service uses. Takes as long as opening the model
/// once, starting it once more for each further provider of the settings that the library offers,
/// and embedding for about a second. Faults are in the report and are not an error; the only error
/// is CANCELLED.
Result<DoctorReport> Diagnose(const Result<LoadedConfig>& settings,
                              const DoctorOptions& options = {});

}  // namespace vetor
