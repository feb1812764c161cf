#include "doctor/model_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "backend/onnx/provider_selection.h"
#include "backend/onnx/runtime_library.h"
#include "base/counted.h"
#include "base/exceptions.h"
#include "base/status_macros.h"
#include "config/provider_names.h"
#include "doctor/tokenizer_family.h"
#include "engine/model_path.h"
#include "engine/model_tokenizer.h"
#include "engine/open_engine.h"
#include "formats/onnx/element_type.h"
#include "head/pooling_spec.h"
#include "kernels/sets/kernel_set.h"
#include "model/checkpoint_model.h"
#include "model/graph_choice.h"
#include "model/length_limit.h"
#include "model/model_folder.h"
#include "model/probes.h"
#include "os/environment.h"
#include "tokenizer/tokenizer.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

// `unneeded`: why the model runs without it; empty: it does not.
std::optional<RuntimeLibrary> CheckLibrary(const OnnxConfig& config, const std::string& unneeded,
                                           CheckList* checks) {
  Result<RuntimeLibrary> runtime = LoadRuntime(config.library_path);
  if (!runtime.ok() && !unneeded.empty()) {
    checks->Add({"library", CheckState::kSkipped, "there is no ONNX Runtime, and " + unneeded, ""});
    return std::nullopt;
  }
  if (!runtime.ok()) {
    checks->Add(WrongCheck("library", runtime.status(), "install onnxruntime"));
    return std::nullopt;
  }
  DoctorCheck check{.name = "library"};
  check.detail = fmt::format("ONNX Runtime {}, {}", runtime->version,
                             runtime->path.lexically_normal().string());
  if (GetEnvironment("ORT_DISABLE_TELEMETRY").value_or("0") == "0") {
    check.state = CheckState::kNote;
    check.detail += "\ntelemetry is left on";
    check.remedy = "unset ORT_DISABLE_TELEMETRY, or set it to 1";
  } else {
    check.detail += "\ntelemetry off";
  }
  checks->Add(std::move(check));
  return *std::move(runtime);
}

std::string DescribeValues(const std::vector<OnnxValue>& values) {
  std::string text;
  for (const OnnxValue& value : values) {
    const bool said = value.element != OnnxElement::kUndefined;
    text += (text.empty() ? "" : ", ") + value.name + " ";
    text += said ? OnnxElementName(value.element) : "";
    if (!value.has_shape) continue;
    std::string dims;
    for (const int64_t dim : value.dims) {
      dims += (dims.empty() ? "" : ",") + (dim < 0 ? std::string("?") : std::to_string(dim));
    }
    text += "[" + dims + "]";
  }
  return text;
}

uint64_t BytesOf(const ModelFolder& model) {
  if (model.encoder) return CheckpointBytes(model);
  std::error_code error;
  uint64_t bytes = fs::file_size(model.graph, error);
  if (error) bytes = 0;
  for (const std::string& name : model.facts.external_files) {
    const uint64_t more = fs::file_size(model.graph.parent_path() / name, error);
    if (!error) bytes += more;
  }
  return bytes;
}

void AddModel(const ModelFolder& model, uint64_t bytes, CheckList* checks) {
  const OnnxGraphFacts& facts = model.facts;
  DoctorCheck check{.name = "model"};
  check.detail = fmt::format("{}, {}\n{}, opset {}, {:.1f} MiB\ninputs {}\noutputs {}",
                             model.model_id, model.graph.string(), facts.precision, facts.opset,
                             static_cast<double>(bytes) / (1 << 20), DescribeValues(facts.inputs),
                             DescribeValues(facts.outputs));
  if (model.encoder) {
    check.detail = fmt::format(
        "{}, {}\ncheckpoint, weights in {}{}, {:.1f} MiB", model.model_id,
        model.graph.parent_path().string(), model.stored_precision,
        model.stored_precision == facts.precision ? "" : " (computed in " + facts.precision + ")",
        static_cast<double>(bytes) / (1 << 20));
  }
  for (const std::string& warning : model.warnings) {
    check.state = CheckState::kNote;
    check.remedy += (check.remedy.empty() ? "" : "\n") + warning;
  }
  checks->Add(std::move(check));
}

// Every file's SHA-256 against vetor_model.json, which a model of `vetor export` has.
void AddRecordedFiles(const ModelFolder& model, CheckList* checks) {
  const auto files = VerifyRecordedFiles(model.folder);
  if (!files.ok()) {
    checks->Add(WrongCheck("files", files.status(), "export or fetch the model again"));
  } else if (*files) {
    checks->Add({.name = "files",
                 .detail = fmt::format("{}, {:.1f} MiB, as exported (SHA-256)",
                                       Counted((*files)->count, "file"),
                                       static_cast<double>((*files)->bytes) / (1 << 20))});
  }
}

// `beyond`: tokens that the model has no rows for, in words; empty: none, or not known.
DoctorCheck DescribeTokenizer(const Tokenizer& tokenizer, const fs::path& file,
                              const std::string& beyond) {
  DoctorCheck check{.name = "tokenizer"};
  check.detail = fmt::format("{}, {}, {}", TokenizerFamily(file),
                             Counted(tokenizer.vocabulary_size(), "token"), file.string());
  const FolderNotes& notes = tokenizer.notes();
  for (const std::string& note : notes.decided) check.detail += "\n" + note;
  std::vector<std::string> remarks = notes.differences;
  remarks.insert(remarks.end(), notes.possible_differences.begin(),
                 notes.possible_differences.end());
  if (!beyond.empty()) remarks.push_back(beyond);
  if (!remarks.empty()) check.state = CheckState::kNote;
  check.remedy = fmt::format("{}", fmt::join(remarks, "\n"));
  return check;
}

DoctorCheck WrongTokenizer(const Status& status) {
  return WrongCheck("tokenizer", status,
                    "copy tokenizer.json from the model's own repository again");
}

bool AddTokenizer(const ModelFolder& model, ModelOpening* opening, CheckList* checks) {
  const CheckedTokenizer& checked = opening->OpenTokenizer();
  if (!checked.status.ok()) {
    checks->Add(WrongCheck("tokenizer", checked.status, checked.remedy));
    return false;
  }
  checks->Add(DescribeTokenizer(*checked.tokenizer, model.tokenizer, checked.beyond));
  return true;
}

// Of a model that cannot be read: a tokenizer needs no graph.
void AddTokenizerAlone(const ModelConfig& config, CheckList* checks) {
  const Result<std::string> path = ResolveModelPath(config.path);
  const auto alone = FindTokenizerAlone(config.tokenizer_path, path.ok() ? *path : config.path);
  if (!alone.ok()) {
    DoctorCheck check = WrongTokenizer(alone.status());
    if (alone.status().code() == StatusCode::kNotFound) {
      check.state = CheckState::kSkipped;
      check.detail = "not checked: " + check.detail;
    }
    checks->Add(std::move(check));
    return;
  }
  const auto tokenizer = OpenTokenizer(*alone);
  checks->Add(tokenizer.ok() ? DescribeTokenizer(**tokenizer, alone->file, "")
                             : WrongTokenizer(tokenizer.status()));
}

// Whether vectors are scaled to length 1, and who says so where the model itself does not.
void AddLength(const ModelFolder& model, const EmbeddingsConfig& config, DoctorCheck* check) {
  const bool unit = config.normalize.value_or(UnitByDefault(model));
  check->detail += unit ? ", normalised" : ", not normalised";
  if (model.declared_normalize) return;
  if (UnitByDefault(model)) {
    const bool says_so = model.declared_pooling && unit;
    if (says_so) {
      check->detail +=
          "\nthe model has no Normalize: sentence-transformers leaves the length, which a cosine "
          "does not see";
    }
    return;
  }
  check->state = CheckState::kNote;
  check->detail += fmt::format(
      "\nthe model compares by {} and has no Normalize; {}", model.similarity,
      unit ? "ai.normalize scales its vectors to length 1 all the same, which changes its ranking"
           : "its vectors keep their length, as in sentence-transformers");
  check->remedy = unit ? "set ai.normalize to false, or leave it unset, for the model's own ranking"
                       : "set ai.normalize to true if your application takes dot products for "
                         "cosines";
}

void AddPoolingAndLength(const ModelFolder& model, const EmbeddingsConfig& config,
                         CheckList* checks) {
  DoctorCheck check{.name = "pooling"};
  check.detail = DescribePoolingModes(model.pooling.modes);
  if (!model.pooling.dense.empty()) {
    check.detail += fmt::format(", {} Dense", model.pooling.dense.size());
  }
  const size_t dim = static_cast<size_t>(config.dim.value_or(model.declared_dim));
  if (dim > 0) check.detail += fmt::format(", cut to {}", dim);
  AddLength(model, config, &check);
  if (!config.model.pooling.empty()) {
    check.detail += " (as ai.onnx.pooling says)";
  } else if (!model.declared_pooling) {
    check.state = CheckState::kNote;
    check.detail += " (assumed: the folder does not say)";
    check.remedy +=
        "copy modules.json and 1_Pooling/config.json from the model's repository, or set "
        "ai.onnx.pooling";
  }
  checks->Add(std::move(check));
  const std::string tokens = model.max_length == kAnyLength
                                 ? "none but what tokenizer.json declares"
                                 : Counted(static_cast<uint64_t>(model.max_length), "token");
  checks->Add({.name = "maximum length",
               .detail = fmt::format("{} ({})", tokens, model.max_length_source)});
}

// Starts the model on one provider, with the CPU's help where the settings allow it. The provider
// as the runtime recorded it, or why not.
Result<std::string> TryProvider(const ProviderAttempt& attempt, ModelOpening* opening) {
  std::vector<std::string> names = {attempt.provider};
  if (attempt.cpu_may_help) names.emplace_back(kCpuProvider);
  auto traits = opening->StartBackend(names);
  if (traits.ok() && traits->provider.starts_with(attempt.provider)) {
    return traits->provider;
  }
  if (!traits.ok() || !attempt.cpu_may_help) {
    if (traits.ok()) return UnavailableError("ran on " + traits->provider);
    return traits.status();
  }
  // The CPU took over: the reason shows when the provider is alone.
  traits = opening->StartBackend({attempt.provider});
  return traits.ok() ? UnavailableError("it takes no part of this model") : traits.status();
}

// Starts the model on every provider of the settings; returns whether one runs it. `opening` keeps
// the first that does, as a service would. The others need starts of their own, because a service
// stops at the first provider that works and learns nothing about the rest. If the graph is the
// reason that none runs it, `graph_fault` says so and the check says nothing about the providers.
bool TryProviders(const OnnxConfig& config, const ProviderPlan& plan, ModelOpening* opening,
                  DoctorCheck* check, Status* graph_fault) {
  bool started = false;
  std::string used;
  std::vector<std::string> failed = plan.skipped;
  Status fault;
  for (const ProviderAttempt& attempt : plan.attempts) {
    const Result<std::string> provider = TryProvider(attempt, opening);
    if (!provider.ok()) {
      failed.push_back(attempt.provider + ": " + provider.status().message());
      // Inputs or outputs that do not fit, or a graph that the CPU does not run either.
      const bool graph = provider.status().code() == StatusCode::kInvalidArgument;
      if (graph || attempt.provider == kCpuProvider) fault = provider.status();
    } else if (!started) {
      started = true;
      opening->KeepBackend();
      used = *provider;
    } else {
      used += ", then " + *provider;
    }
  }
  if (!started && !fault.ok()) {
    *graph_fault = std::move(fault);
    return false;
  }
  if (started) check->detail += "\nusable: " + used;
  for (const std::string& reason : failed) check->detail += "\nnot usable: " + reason;
  if (failed.empty()) return started;
  check->state = started ? CheckState::kNote : CheckState::kWrong;
  check->remedy = started
                      ? "install what the provider needs, or take it off the list"
                      : "install what the provider needs, or add the CPU in ai.onnx.providers: " +
                            fmt::format("{},cpu", fmt::join(config.providers, ","));
  return started;
}

// Accelerators of this library that the settings leave unused. A remote service is none.
std::vector<std::string> NotAsked(const std::vector<std::string>& offered,
                                  const std::vector<std::string>& asked) {
  std::vector<std::string> names;
  for (const ProviderName& known : KnownProviders()) {
    const bool is_asked = std::any_of(asked.begin(), asked.end(), [&](const std::string& name) {
      return CanonicalProviderName(name) == known.full_name;
    });
    if (known.full_name == kCpuProvider || is_asked) continue;
    if (std::find(offered.begin(), offered.end(), known.full_name) != offered.end()) {
      names.emplace_back(known.short_name);
    }
  }
  return names;
}

bool AddProviders(const RuntimeLibrary& runtime, const OnnxConfig& config, ModelOpening* opening,
                  CheckList* checks) {
  const Result<ProviderPlan> plan = PlanProviders(config.providers, runtime.providers);
  if (!plan.ok()) {
    checks->Add(WrongCheck("providers", plan.status(), "add \"cpu\" to the list"));
    return false;
  }
  DoctorCheck check{.name = "providers"};
  check.detail = fmt::format("offered: {}\nasked for: {}", fmt::join(runtime.providers, ", "),
                             fmt::join(config.providers, ", "));
  bool started = false;
  if (opening->model().ok()) {
    Status graph_fault;
    started = TryProviders(config, *plan, opening, &check, &graph_fault);
    if (!graph_fault.ok()) {
      checks->Add(WrongCheck("graph", graph_fault,
                             "fetch or export the model again; vetor reads encoders with "
                             "input_ids and attention_mask"));
      check.state = CheckState::kSkipped;
      check.detail += "\nnot judged: the graph itself cannot be used";
    }
  } else {
    check.state = CheckState::kSkipped;
    check.detail += "\nnot started: there is no model to start";
  }
  checks->Add(std::move(check));
  return started;
}

}  // namespace

std::string Int8Remedy(const std::string& model_path) {
  std::error_code error;
  const bool is_folder = fs::is_directory(model_path, error);
  const std::string folder =
      is_folder ? model_path : fs::absolute(model_path, error).parent_path().string();
  // By names alone; the tokenizer does not matter here.
  const auto choice = ChooseGraph(
      {.model_path = folder, .tokenizer_path = "tokenizer.json", .precision = Precision::kInt8});
  if (!choice.ok()) {
    return "vetor export DIR --output NEW --quantize writes one, DIR being the model's weights";
  }
  const std::string file = choice->graph.filename().string();
  return is_folder ? fmt::format("set ai.onnx.precision to \"int8\" to use {}", file)
                   : fmt::format("name {} in ai.onnx.model_path to use it", choice->graph.string());
}

namespace {

// Of ONNX Runtime in the place of kernels that disagree. The reason ends with a remedy, as the
// message of an error does.
DoctorCheck DescribeReplaced(const BackendTraits& traits, const std::string& why) {
  DoctorCheck check = WrongCheck("runtime", InternalError(why), "");
  check.state = CheckState::kNote;
  check.detail = fmt::format("{}, {}\nnot vetor's own kernels: {}", traits.library, traits.provider,
                             check.detail);
  return check;
}

// What runs a checkpoint, or a graph that our own kernels know. Whether they run it shows when
// their vectors are compared, which needs the tokenizer.
bool AddNativeRuntime(const OnnxConfig& config, bool tokenizes, ModelOpening* opening,
                      CheckList* checks) {
  Result<BackendTraits> traits = opening->StartBackend(config.providers);
  if (!traits.ok()) {
    checks->Add(WrongCheck("runtime", traits.status(), "unset VETOR_CPU"));
    return false;
  }
  opening->KeepBackend();
  if (tokenizes) traits = CatchExceptions([opening] { return opening->Accept(); });
  if (!traits.ok()) {
    checks->Add(WrongCheck("runtime", traits.status(), "report it with this output"));
    return false;
  }
  if (!opening->RunsNatively()) {
    checks->Add(DescribeReplaced(*traits, opening->WhyNotNative()));
    return true;
  }
  DoctorCheck check{.name = "runtime",
                    .detail = traits->library + ": vetor's own kernels, " + traits->provider};
  const bool bf16 = traits->precision == "bf16";
  const Result<const KernelSet*> kernels =
      ChooseKernelSet(bf16 ? Operands::kBFloat16 : Operands::kFloat32);
  if (bf16 && kernels.ok() && !IsFasterThanFloat32(**kernels)) {
    check.state = CheckState::kNote;
    check.detail += fmt::format(
        "\nbf16 brings no speed with {}, which has no instruction for it: it takes as long as fp32",
        (*kernels)->name);
    check.remedy =
        "leave ai.onnx.precision at \"auto\", unless the vectors are to be those of "
        "machines with AVX-512 BF16";
  } else if (kernels.ok() && IsPortable(**kernels)) {
    check.state = CheckState::kNote;
    check.detail += "\nthe portable kernels run on every processor and are slow";
    check.remedy = GetEnvironment("VETOR_CPU").value_or("").empty()
                       ? "export a graph (vetor export), which ONNX Runtime runs faster here"
                       : "unset VETOR_CPU";
  }
  checks->Add(std::move(check));
  return true;
}

// What runs a graph, and why it is not our own kernels.
void AddOnnxRuntime(const std::string& why_not_native, const RuntimeLibrary& runtime,
                    CheckList* checks) {
  checks->Add({.name = "runtime",
               .detail = fmt::format("onnxruntime {}\nnot vetor's own kernels: {}", runtime.version,
                                     why_not_native)});
}

}  // namespace

void CheckUnusedLibrary(const OnnxConfig& config, CheckList* checks) {
  CheckLibrary(config, "no model is used that could need it", checks);
}

ModelFindings CheckModel(const EmbeddingsConfig& config, CheckList* checks) {
  ModelFindings findings{.opening = std::make_unique<ModelOpening>(config)};
  ModelOpening* opening = findings.opening.get();
  const Result<ModelFolder>& model = opening->model();
  const bool native = model.ok() && opening->RunsNatively();
  const std::optional<RuntimeLibrary> runtime =
      CheckLibrary(config.onnx, native ? "vetor's own kernels know this model" : "", checks);
  bool tokenizes = false;
  if (model.ok()) {
    findings.bytes = BytesOf(*model);
    findings.dynamic_int8 = model->facts.dynamic_int8;
    findings.int8_remedy = Int8Remedy(*ResolveModelPath(config.model.path));
    AddModel(*model, findings.bytes, checks);
    AddRecordedFiles(*model, checks);
    tokenizes = AddTokenizer(*model, opening, checks);
    AddPoolingAndLength(*model, config, checks);
  } else {
    checks->Add(WrongCheck("model", model.status(), "fetch or export the model again"));
    AddTokenizerAlone(config.model, checks);
    for (const char* name : {"pooling", "maximum length"}) {
      checks->Add(
          {name, CheckState::kSkipped, "not checked: the model's files cannot be read", ""});
    }
  }
  if (native) {
    findings.usable = AddNativeRuntime(config.onnx, tokenizes, opening, checks) && tokenizes;
    return findings;
  }
  if (!runtime) {
    checks->Add({"providers", CheckState::kSkipped, "not checked: there is no library", ""});
    return findings;
  }
  findings.not_asked = NotAsked(runtime->providers, config.onnx.providers);
  const bool started = AddProviders(*runtime, config.onnx, opening, checks);
  if (started) AddOnnxRuntime(opening->WhyNotNative(), *runtime, checks);
  findings.usable = started && tokenizes;
  return findings;
}

}  // namespace vetor
