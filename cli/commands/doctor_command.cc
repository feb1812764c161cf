// vetor doctor: works through everything that can be wrong with a configuration, a model and a
// machine, and says what to do.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "cli/command.h"
#include "cli/doctor/report_writer.h"
#include "cli/doctor/server_check.h"
#include "cli/flags/run_flags.h"
#include "cli/flags/settings_flags.h"
#include "cli/streams/standard_error.h"
#include "os/environment.h"
#include "os/log.h"
#include "vetor/doctor.h"

namespace vetor::cli {
namespace {

constexpr const char* kDoctorDescription =
    "Find out what is wrong with a configuration, a model, the runtime or the machine.";

constexpr const char* kDoctorExamples = R"(Examples:
  vetor doctor
  vetor doctor --config config.json
  vetor doctor --model models/all-MiniLM-L6-v2 --provider cuda,cpu
  vetor doctor --config config.json --json
  vetor doctor --model models/all-MiniLM-L6-v2 --speed

Each check is one line: ok, note, WRONG, or skipped if a check that it needs found something wrong;
"->" says what to do. Nothing is changed, not even in a cache that a service uses. The exit code is
1 if something is WRONG. --json prints {"checks": [{"name", "state", "detail", "remedy"}], "ok"}; a
state is ok, note, skipped or wrong.)";

struct DoctorFlags {
  RunFlags run;
  SettingsFlags settings;
  bool json = false;
  bool speed = false;
};

// The report says what the log would say, so the log is off unless the user sets its level.
void ApplyLog(const RunFlags& run) {
  run.Apply();
  if (run.log_level.empty() && !GetEnvironment("VETOR_LOG")) SetLogLevel(LogLevel::kOff);
}

Status Conclude(const DoctorFlags& flags, const DoctorReport& report) {
  const size_t wrong = report.Count(CheckState::kWrong);
  if (wrong > 0) {
    return FailedPreconditionError(
        fmt::format("{} of {} checks found something wrong", wrong, report.checks.size()));
  }
  if (!flags.run.quiet) {
    const size_t notes = report.Count(CheckState::kNote);
    PrintError("vetor doctor: {} checks, nothing wrong, {} note{}\n", report.checks.size(), notes,
               notes == 1 ? "" : "s");
  }
  return Status();
}

Status RunDoctor(const DoctorFlags& flags, const CLI::App& app, const CommandContext& context) {
  ApplyLog(flags.run);
  VETOR_ASSIGN_OR_RETURN(ReportWriter writer, ReportWriter::Open(flags.json));
  DoctorOptions options{.config_path = flags.settings.config_path(),
                        .compare_precisions = flags.speed,
                        .stop = context.stop,
                        .on_check = [&](DoctorCheck check) {
                          check.remedy = NameFlagsOfRemedy(std::move(check.remedy), app);
                          writer.Add(std::move(check));
                        }};
  const Result<LoadedConfig> settings = flags.settings.Load();
  VETOR_ASSIGN_OR_RETURN(DoctorReport report, Diagnose(settings, options));
  if (const auto server = settings.ok() ? CheckServer(settings->server) : std::nullopt) {
    report.checks.push_back(*server);
    options.on_check(*server);
  }
  VETOR_RETURN_IF_ERROR(writer.Finish(report.ok()));
  return Conclude(flags, report);
}

}  // namespace

Command MakeDoctorCommand(CLI::App* root) {
  auto flags = std::make_shared<DoctorFlags>();
  CLI::App* app = root->add_subcommand("doctor", kDoctorDescription);
  app->footer(kDoctorExamples);
  app->add_flag("--speed", flags->speed,
                "Also measure what bf16 and int8 give with this model on this machine.");
  app->add_flag("--json", flags->json, "Print one JSON object instead of lines.");
  flags->settings.AddTo(app);
  flags->run.AddLogTo(app);
  return {app,
          [flags, app](const CommandContext& context) { return RunDoctor(*flags, *app, context); }};
}

}  // namespace vetor::cli
