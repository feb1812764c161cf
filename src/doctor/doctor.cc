// Diagnose (vetor/doctor.h): which checks are made, and in which order.
#include "vetor/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/exceptions.h"
#include "doctor/cache_check.h"
#include "doctor/check_list.h"
#include "doctor/machine_check.h"
#include "doctor/model_check.h"
#include "doctor/precision_check.h"
#include "doctor/vectors_check.h"
#include "engine/engine_table.h"
#include "engine/open_engine.h"
#include "os/environment.h"
#include "service/opened_service.h"
#include "vetor/embeddings_service.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

std::string DescribeSources(const std::string& config_path) {
  std::string text = config_path.empty() ? "no configuration file was named" : config_path;
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
  if (NeedsModel(config.backend)) {
    const std::string backend = fmt::format("ai.backend is \"{}\"", ToString(*config.backend));
    if (!config.onnx.enabled) {
      worsen(CheckState::kWrong, backend + " but ai.onnx.enabled is false",
             "set ai.onnx.enabled to true");
    }
    if (config.model.path.empty()) {
      worsen(CheckState::kWrong, backend + " but ai.onnx.model_path is empty",
             "name a model in ai.onnx.model_path");
    }
  } else if (config.onnx.enabled || !config.model.path.empty()) {
    worsen(CheckState::kNote, "the settings in ai.onnx have no effect",
           "set ai.backend to \"onnx\" and ai.onnx.enabled to true to use the model");
  }
}

DoctorCheck CheckConfiguration(const std::string& config_path, const Result<LoadedConfig>& loaded) {
  DoctorCheck check{.name = "configuration"};
  if (!loaded.ok()) {
    check.state = CheckState::kWrong;
    check.detail = loaded.status().message();
    check.remedy = "correct it; vetor config --schema lists all settings and what they take";
    return check;
  }
  const EmbeddingsConfig& config = loaded->config;
  check.detail = fmt::format("{}\nbackend {}", DescribeSources(config_path),
                             config.backend ? ToString(*config.backend) : "hashing (not set)");
  if (NeedsModel(config.backend)) {
    check.detail += fmt::format(", fallback {}", ToString(config.fallback));
  }
  for (const std::string& warning : loaded->warnings) {
    check.state = CheckState::kNote;
    check.detail += "\n" + warning;
  }
  if (!loaded->warnings.empty()) check.remedy = "correct the name, or remove it";
  JudgeBackend(config, &check);
  return check;
}

// The settings as doctor opens them: switched on, without cache and without fallback.
EmbeddingsConfig JudgedPart(EmbeddingsConfig config) {
  config.enabled = true;
  config.onnx.enabled = true;
  config.fallback = Fallback::kError;
  config.cache.enabled = false;
  return config;
}

// Opens a service over the model that the checks have looked at.
Result<std::unique_ptr<EmbeddingsService>> FinishOpening(const EmbeddingsConfig& config,
                                                         ModelOpening* opening) {
  Result<Engine> engine = CatchExceptions([opening] { return opening->Finish(); });
  // The checks above have reported on other files then.
  if (!opening->FilesAsTheyWere()) {
    return UnavailableError(
        "the files of " + opening->model()->folder.string() +
        " changed while they were read; run vetor doctor again when no program writes to them");
  }
  if (!engine.ok()) return engine.status();
  return OpenedService::Start(config, *std::move(engine));
}

// Adds the checks of sample texts, speed and precisions.
void CheckVectors(const EmbeddingsConfig& config, const SpeedContext& speed,
                  const std::stop_token& stop,
                  const Result<std::unique_ptr<EmbeddingsService>>& service, CheckList* checks) {
  if (!service.ok()) {
    checks->Add(WrongCheck("sample texts", service.status(), "see the checks above"));
    checks->AddSkipped({"speed"}, "not checked: no vectors can be made");
    return;
  }
  DoctorCheck samples = CheckSampleTexts(service->get(), (*service)->normalized());
  const bool sound = samples.state != CheckState::kWrong;
  checks->Add(std::move(samples));
  if (sound) {
    DoctorCheck measured = CheckSpeed(config, speed, stop, service->get());
    if (!stop.stop_requested()) checks->Add(std::move(measured));
    if (!speed.precisions || stop.stop_requested()) return;
    checks->Add(CheckPrecisions(config, stop, service->get()));
  } else {
    checks->AddSkipped({"speed"}, "not checked: the vectors are wrong");
  }
}

// Adds the checks from the model's files to its vectors. `fallback` is that of the settings.
ModelFindings CheckBackend(const EmbeddingsConfig& config, Fallback fallback,
                           const DoctorOptions& options, CheckList* checks) {
  ModelFindings findings;
  if (!NeedsModel(config.backend)) {
    const std::string& path = config.model.path;
    const std::string_view used = ToString(EngineRowOf(config.backend).kind);
    std::string detail = path.empty()
                             ? fmt::format("none configured: {} is used", used)
                             : path + " is configured, but not used: ai.backend is " +
                                   (config.backend ? fmt::format("\"{}\"", used)
                                                   : fmt::format("not set, so {} runs", used));
    if (used == ToString(BackendKind::kHashing)) {
      detail += ", which sees equal words but not equal meaning";
    }
    checks->Add({"model", CheckState::kNote, detail,
                 path.empty()
                     ? "name one in ai.onnx.model_path, and set ai.backend to \"onnx\" and "
                       "ai.onnx.enabled to true"
                     : "set ai.backend to \"onnx\" and ai.onnx.enabled to true, or take the "
                       "path away"});
    CheckUnusedLibrary(config.onnx, checks);
    CheckVectors(config, {}, options.stop, EmbeddingsService::Open(config), checks);
    return findings;
  }
  if (config.model.path.empty()) {
    checks->AddSkipped({"model", "sample texts", "speed"}, "not checked: no model is named");
    return findings;
  }
  findings = CheckModel(config, checks);
  if (findings.usable) {
    CheckVectors(config,
                 {.dynamic_int8 = findings.dynamic_int8,
                  .int8_remedy = findings.int8_remedy,
                  .not_asked = findings.not_asked,
                  .precisions = options.compare_precisions},
                 options.stop, FinishOpening(config, findings.opening.get()), checks);
  } else {
    const bool hashing = fallback == Fallback::kHashing;
    checks->AddSkipped(
        {"sample texts"},
        fmt::format("not checked: the model does not start\nfallback is \"{}\": services {}",
                    ToString(fallback), hashing ? "use hashing instead" : "refuse to open"));
    checks->AddSkipped({"speed"}, "not checked: no vectors can be made");
  }
  return findings;
}

}  // namespace

const char* CheckStateName(CheckState state) {
  constexpr const char* kNames[] = {"ok", "note", "skipped", "wrong"};
  return kNames[static_cast<size_t>(state)];
}

size_t DoctorReport::Count(CheckState state) const {
  return static_cast<size_t>(
      std::count_if(checks.begin(), checks.end(),
                    [state](const DoctorCheck& check) { return check.state == state; }));
}

Result<DoctorReport> Diagnose(const Result<LoadedConfig>& settings, const DoctorOptions& options) {
  if (settings.ok()) {
    // A program may have filled them by itself.
    if (const Status valid = CheckConfig(settings->config); !valid.ok()) {
      return Diagnose(valid, options);
    }
  }
  CheckList checks(options.on_check);
  checks.Add(CheckConfiguration(options.config_path, settings));
  const EmbeddingsConfig config = settings.ok() ? settings->config : EmbeddingsConfig();
  ModelFindings findings;
  if (settings.ok()) {
    findings = CheckBackend(JudgedPart(config), config.fallback, options, &checks);
    if (options.stop.stop_requested()) return CancelledError("interrupted");
    if (options.compare_precisions && !checks.Has("precisions")) {
      checks.AddSkipped({"precisions"}, "not measured: no model gives sound vectors");
    }
    checks.Add(CheckCacheSettings(config.cache));
  } else {
    checks.AddSkipped({"model", "sample texts", "speed", "cache"},
                      "not checked: the configuration is wrong");
  }
  checks.Add(CheckCpu(config));
  checks.Add(CheckMemory(ReadMachineMemory(""), findings.bytes));
  return checks.Take();
}

}  // namespace vetor
