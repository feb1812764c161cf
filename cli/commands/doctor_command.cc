// vetor doctor: works through everything that can be wrong with a configuration, a model and a
// machine, and says what to do.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "cli/command.h"
#include "cli/doctor/cache_check.h"
#include "cli/doctor/doctor_report.h"
#include "cli/doctor/machine_check.h"
#include "cli/doctor/model_check.h"
#include "cli/doctor/vectors_check.h"
#include "cli/flags/run_flags.h"
#include "cli/flags/settings_flags.h"
#include "cli/streams/standard_error.h"
#include "os/environment.h"
#include "os/log.h"
#include "vetor/embeddings_service.h"

namespace vetor::cli {
namespace {

constexpr const char* kDescription =
    "Find out what is wrong with a configuration, a model, the runtime or the machine.";

constexpr const char* kExamples = R"(Examples:
  vetor doctor
  vetor doctor --config config.json
  vetor doctor --model models/all-MiniLM-L6-v2 --provider cuda,cpu
  vetor doctor --config config.json --json

A line a check: ok, note, WRONG, or skipped where another check stands in the way; after "->" what
to do. Nothing is changed, also not in a cache that a service uses. Exit code 1 if something is
WRONG. --json prints {"checks": [{"name", "state", "detail", "remedy"}], "ok"}; a state is ok,
note, skipped or wrong.)";

struct DoctorFlags {
  RunFlags run;
  SettingsFlags settings;
  bool json = false;
};

// The report says what the log would, in its place.
void ApplyLog(const RunFlags& run) {
  run.Apply();
  if (run.log_level.empty() && !GetEnvironment("VETOR_LOG")) SetLogLevel(LogLevel::kOff);
}

std::string DescribeSources(const SettingsFlags& settings) {
  std::string text = settings.config_path().empty() ? "no --config file" : settings.config_path();
  std::vector<std::string> variables;
  for (const auto& [name, value] : EnvironmentVariables("VETOR_AI_")) {
    if (!value.empty()) variables.push_back(name);
  }
  if (!variables.empty()) text += fmt::format(", {}", fmt::join(variables, ", "));
  return text;
}

// Settings that are valid each, but not together.
void JudgeBackend(const EmbeddingsConfig& config, DoctorCheck* check) {
  const auto worsen = [&](CheckState state, const std::string& detail, const std::string& remedy) {
    if (check->state < state) check->state = state;
    check->detail += "\n" + detail;
    check->remedy += (check->remedy.empty() ? "" : "\n") + remedy;
  };
  if (!config.enabled) {
    worsen(CheckState::kNote, "ai.enabled is false: services refuse to open",
           "set ai.enabled to true");
  }
  if (config.backend == BackendKind::kOnnx) {
    if (!config.onnx.enabled) {
      worsen(CheckState::kWrong, "ai.backend is \"onnx\" but ai.onnx.enabled is false",
             "set ai.onnx.enabled to true");
    }
    if (config.model.path.empty()) {
      worsen(CheckState::kWrong, "ai.backend is \"onnx\" but ai.onnx.model_path is empty",
             "name a model there, or with --model");
    }
  } else if (config.onnx.enabled || !config.model.path.empty()) {
    worsen(CheckState::kNote, "the settings in ai.onnx have no effect",
           "set ai.backend to \"onnx\" and ai.onnx.enabled to true to use the model");
  }
}

DoctorCheck CheckConfiguration(const SettingsFlags& settings, const Result<LoadedConfig>& loaded) {
  DoctorCheck check{.name = "configuration"};
  if (!loaded.ok()) {
    check.state = CheckState::kWrong;
    check.detail = loaded.status().message();
    check.remedy = "correct it; vetor config --schema lists all settings and what they take";
    return check;
  }
  const EmbeddingsConfig& config = loaded->config;
  check.detail = fmt::format("{}\nbackend {}", DescribeSources(settings),
                             config.backend ? ToString(*config.backend) : "hashing (not set)");
  if (config.backend == BackendKind::kOnnx)
    check.detail += fmt::format(", fallback {}", ToString(config.fallback));
  for (const std::string& warning : loaded->warnings) {
    check.state = CheckState::kNote;
    check.detail += "\n" + warning;
  }
  if (!loaded->warnings.empty()) check.remedy = "correct the name, or remove it";
  JudgeBackend(config, &check);
  return check;
}

void AddSkipped(std::initializer_list<const char*> names, const std::string& why,
                DoctorReport* report) {
  for (const char* name : names) report->Add({name, CheckState::kSkipped, why, ""});
}

// Probe texts and speed, on a service without cache and without fallback.
void CheckVectors(EmbeddingsConfig config, const SpeedContext& speed, const CommandContext& context,
                  DoctorReport* report) {
  config.enabled = true;
  config.onnx.enabled = true;
  config.fallback = Fallback::kError;
  config.cache.enabled = false;
  const auto service = EmbeddingsService::Open(config);
  if (!service.ok()) {
    report->Add(WrongCheck("probe texts", service.status(), "see the checks above"));
    AddSkipped({"speed"}, "not checked: no vectors can be made", report);
    return;
  }
  DoctorCheck probes = CheckProbeTexts(service->get(), (*service)->normalized());
  const bool sound = probes.state != CheckState::kWrong;
  report->Add(std::move(probes));
  if (sound) {
    DoctorCheck measured = CheckSpeed(config, speed, context, service->get());
    if (!context.stop.stop_requested()) report->Add(std::move(measured));
  } else {
    AddSkipped({"speed"}, "not checked: the vectors are wrong", report);
  }
}

// From the model's files to its vectors.
ModelFindings CheckBackend(const EmbeddingsConfig& config, const CommandContext& context,
                           DoctorReport* report) {
  ModelFindings findings;
  if (config.backend != BackendKind::kOnnx) {
    const std::string& path = config.model.path;
    const std::string detail =
        path.empty() ? "none configured: hashing is used"
                     : path + " is configured, but not used: ai.backend is " +
                           (config.backend ? "\"hashing\"" : "not set, so hashing runs");
    report->Add(
        {"model", CheckState::kNote, detail + ", which sees equal words but not equal meaning",
         path.empty() ? "name one with --model, or in ai.onnx.model_path with ai.backend "
                        "\"onnx\" and ai.onnx.enabled true"
                      : "set ai.backend to \"onnx\" and ai.onnx.enabled to true, or take the "
                        "path away"});
    CheckVectors(config, {}, context, report);
    return findings;
  }
  if (config.model.path.empty()) {
    AddSkipped({"model", "probe texts", "speed"}, "not checked: no model is named", report);
    return findings;
  }
  findings = CheckModel(config, report);
  if (findings.usable) {
    CheckVectors(config,
                 {.dynamic_int8 = findings.dynamic_int8,
                  .int8_remedy = findings.int8_remedy,
                  .not_asked = findings.not_asked},
                 context, report);
  } else {
    const bool hashing = config.fallback == Fallback::kHashing;
    AddSkipped(
        {"probe texts"},
        fmt::format("not checked: the model does not start\nfallback is \"{}\": services {}",
                    ToString(config.fallback), hashing ? "use hashing instead" : "refuse to open"),
        report);
    AddSkipped({"speed"}, "not checked: no vectors can be made", report);
  }
  return findings;
}

Status Conclude(const DoctorFlags& flags, DoctorReport* report) {
  VETOR_RETURN_IF_ERROR(report->Finish());
  const size_t wrong = report->Count(CheckState::kWrong);
  if (wrong > 0) {
    return FailedPreconditionError(
        fmt::format("{} of {} checks found something wrong", wrong, report->size()));
  }
  if (!flags.run.quiet) {
    const size_t notes = report->Count(CheckState::kNote);
    PrintError("vetor doctor: {} checks, nothing wrong, {} note{}\n", report->size(), notes,
               notes == 1 ? "" : "s");
  }
  return Status();
}

Status RunDoctor(const DoctorFlags& flags, const CommandContext& context) {
  ApplyLog(flags.run);
  VETOR_ASSIGN_OR_RETURN(DoctorReport report, DoctorReport::Open(flags.json));
  const Result<LoadedConfig> loaded = flags.settings.Load();
  report.Add(CheckConfiguration(flags.settings, loaded));
  const EmbeddingsConfig config = loaded.ok() ? loaded->config : EmbeddingsConfig();
  ModelFindings findings;
  if (loaded.ok()) {
    findings = CheckBackend(config, context, &report);
    if (context.stop.stop_requested()) return CancelledError("interrupted");
    report.Add(CheckCacheFolder(config.cache));
  } else {
    AddSkipped({"model", "probe texts", "speed", "cache"},
               "not checked: the configuration is wrong", &report);
  }
  report.Add(CheckCpu(config));
  report.Add(CheckMemory(ReadMachineMemory(""), findings.bytes));
  return Conclude(flags, &report);
}

}  // namespace

Command MakeDoctorCommand(CLI::App* root) {
  auto flags = std::make_shared<DoctorFlags>();
  CLI::App* app = root->add_subcommand("doctor", kDescription);
  app->footer(kExamples);
  app->add_flag("--json", flags->json, "One JSON object instead of lines.");
  flags->settings.AddTo(app);
  flags->run.AddLogTo(app);
  return {app, [flags](const CommandContext& context) { return RunDoctor(*flags, context); }};
}

}  // namespace vetor::cli
