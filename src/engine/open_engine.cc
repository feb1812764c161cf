#include "engine/open_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "backend/onnx/onnx_backend.h"
#include "backend/onnx/runtime_library.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "engine/engine_table.h"
#include "engine/model_path.h"
#include "engine/native_check.h"
#include "engine/native_verdict.h"
#include "engine/probe_check.h"
#include "formats/onnx/graph_files.h"
#include "kernels/task_loop.h"
#include "model/external_data.h"
#include "model/fingerprint.h"
#include "model/probes.h"
#include "os/cpu.h"
#include "os/log.h"
#include "tokenizer/compiled/compiled_folder.h"
#include "vetor/config_file.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

constexpr int kDimWithoutModel = 256;

// Everything that shapes a vector is listed here; the other rows of its batch do not. The provider
// is on the list, because the last bits of a GPU differ from those of a CPU.
std::string SpaceFingerprint(const Engine::Parts& parts, const EngineInfo& info,
                             const std::string& model_fingerprint, const CacheConfig& cache) {
  const BackendTraits& traits = parts.backend->traits();
  Sha256Builder builder;
  builder.AddField("vetor vector space 1");
  builder.AddField(traits.backend);
  builder.AddField(std::string_view(traits.provider).substr(0, traits.provider.find(' ')));
  builder.AddField(traits.precision);
  if (!traits.numerics.empty()) builder.AddField(traits.numerics);
  builder.AddField(model_fingerprint);
  builder.AddField(std::to_string(info.max_length));
  builder.AddField(std::to_string(parts.head->dim()));
  builder.AddField(info.normalize ? "unit" : "raw");
  builder.AddField(cache.name_space);
  return Hex(std::move(builder).Finish());
}

// The prompt and on_long of a call are in the keys of vetor's own cache, but a cache outside knows
// only the service and the text. `on_long` is empty if the backend reads text.
std::string ServiceFingerprint(const EngineInfo& info, std::string_view on_long) {
  Sha256Builder builder;
  builder.AddField("vetor service 1");
  builder.AddField(info.fingerprint);
  builder.AddField(info.default_prompt);
  builder.AddField(on_long);
  for (const auto& [name, prompt] : info.prompts) {
    builder.AddField(name);
    builder.AddField(prompt);
  }
  return Hex(std::move(builder).Finish());
}

Result<Engine> OpenWithoutModel(const EngineRow& row, const EmbeddingsConfig& config,
                                std::string fallback_reason) {
  const auto dim = static_cast<size_t>(config.dim.value_or(kDimWithoutModel));
  EngineInfo info{.model_id = std::string(ToString(row.kind)) + "-" + std::to_string(dim),
                  .fallback_reason = std::move(fallback_reason),
                  .normalize = config.normalize.value_or(true)};
  Engine::Parts parts{.backend = row.without_model(dim, info.normalize)};
  PoolingSpec spec;
  spec.normalize =
      false;  // The backend has scaled already: the hasher does it in scikit-learn's precision.
  VETOR_ASSIGN_OR_RETURN(parts.head, Pooler::Create(spec, dim, OutputAxis::kTexts));
  info.fingerprint = SpaceFingerprint(parts, info, info.model_id, config.cache);
  info.service_fingerprint = ServiceFingerprint(info, "");
  return Engine(std::move(parts), std::move(info));
}

Status ChoosePrompt(const ModelFolder& model, const ModelConfig& config, EngineInfo* info) {
  info->prompts = model.prompts;
  const std::string& name =
      config.prompt_name.empty() ? model.default_prompt_name : config.prompt_name;
  if (name.empty()) return Status();
  const auto prompt = model.prompts.find(name);
  if (prompt != model.prompts.end()) {
    info->default_prompt = prompt->second;
    return Status();
  }
  std::string known;
  for (const auto& [known_name, text] : model.prompts) known += " \"" + known_name + "\"";
  return InvalidArgumentError("prompt_name \"" + name + "\" is not in " + model.folder.string() +
                              "/config_sentence_transformers.json, which has" +
                              (known.empty() ? " none" : known));
}

// Compiled tokenizers and verdicts lie in a folder of the cache folder, so a user who wants no
// vectors on disk gets none of them there either.
std::filesystem::path FolderFor(const CacheConfig& cache,
                                std::filesystem::path (*folder_of)(const std::filesystem::path&)) {
  return cache.wants_disk() && cache.dir ? folder_of(*cache.dir) : std::filesystem::path();
}

// How a backend runs the folder's graph with these settings, on one thread per run.
OnnxBackendOptions BackendOptionsFor(const ModelFolder& model, const OnnxConfig& onnx) {
  return {.graph = model.graph,
          .files = model.files,
          .library_path = onnx.library_path,
          .providers = onnx.providers,
          .intra_op_threads = std::max(1, onnx.intra_op_threads),
          .dynamic_int8 = model.facts.dynamic_int8,
          .map_weights = onnx.map_weights,
          .precision = model.facts.precision,
          .pad_token_id = model.pad_token_id,
          .output_name = model.output_name};
}

// Two threads were measured (alone_session.h). With more threads, each gets too few of a dozen
// tokens to be worth waking.
constexpr int kMostAloneThreads = 4;

// Threads for a batch that is the only work; 0 if the user has set the threads of a run.
int AloneThreads(const EmbeddingsConfig& config) {
  if (config.onnx.intra_op_threads > 0) return 0;
  const int cores = config.threads > 0 ? config.threads : ReadCpuBudget().workers;
  return std::min(cores, kMostAloneThreads);
}

// Decides whether vectors are scaled to length 1, and logs a line if the model gives a meaning to
// the length.
bool ChooseLength(const ModelFolder& model, const EmbeddingsConfig& config) {
  const bool unit = config.normalize.value_or(UnitByDefault(model));
  if (UnitByDefault(model)) return unit;
  if (!config.normalize) {
    Log(LogLevel::kWarning,
        "{} compares by {} and has no Normalize: its vectors keep their length, as in "
        "sentence-transformers; set ai.normalize to true for vectors of length 1, or to false to "
        "have it said no more",
        model.model_id, model.similarity);
  } else if (unit) {
    Log(LogLevel::kInfo,
        "{} compares by {} and has no Normalize: its vectors are scaled to length 1, because "
        "ai.normalize is true; sentence-transformers keeps their length",
        model.model_id, model.similarity);
  }
  return unit;
}

// The probes that were recorded when the model was exported; none if the settings ask for other
// vectors.
Result<std::optional<Probes>> ProbesFor(const ModelConfig& config, const ModelFolder& model) {
  if (!config.pooling.empty() || !config.tokenizer_path.empty() || !config.output_name.empty()) {
    return std::optional<Probes>();
  }
  return ReadProbes(model.folder, model.graph);
}

// What a model is opened with, beside its folder and the settings.
struct OpenedParts {
  Engine::Parts parts;
  std::string why_not_native;
  std::string model_fingerprint;
  std::optional<Probes> probes;
  bool compared_with_probes = false;
};

// Joins the parts to an engine and checks its vectors.
Result<Engine> JoinParts(const EmbeddingsConfig& config, const ModelFolder& model,
                         OpenedParts opened) {
  Engine::Parts& parts = opened.parts;
  const std::optional<Probes>& probes = opened.probes;
  // Logged only now, because a warning about the model's use ("texts are cut") would contradict an
  // error at opening.
  for (const std::string& warning : model.warnings) Log(LogLevel::kWarning, "{}", warning);
  const int max_length = MaxLengthOf(model, *parts.tokenizer);
  EngineInfo info{.model_id = model.model_id,
                  .runtime_reason = opened.why_not_native,
                  .has_graph = model.files != nullptr,
                  .include_prompt = model.pooling.include_prompt,
                  .max_length = max_length,
                  .any_length = max_length == kAnyLength,
                  .normalize = ChooseLength(model, config)};
  PoolingSpec spec = model.pooling;
  spec.normalize = info.normalize;
  spec.dim = static_cast<size_t>(config.dim.value_or(model.declared_dim));
  const BackendTraits& traits = parts.backend->traits();
  VETOR_ASSIGN_OR_RETURN(parts.head,
                         Pooler::Create(std::move(spec), traits.width, traits.output_axis));
  info.normalized_by_model = info.normalize && model.declared_normalize && !parts.head->cuts();
  VETOR_RETURN_IF_ERROR(ChoosePrompt(model, config.model, &info));
  info.fingerprint = SpaceFingerprint(parts, info, opened.model_fingerprint, config.cache);
  info.service_fingerprint = ServiceFingerprint(info, ToString(config.model.on_long));
  if (probes && probes->ranges.least.size() == parts.head->dim()) info.ranges = probes->ranges;
  Engine engine(std::move(parts), std::move(info));
  if (probes && !opened.compared_with_probes) {
    VETOR_RETURN_IF_ERROR(CheckProbes(*probes, engine));
  }
  return engine;
}

// Vectors are stored under the fingerprint of the files that were read first, so files that are
// read later must be the same: if a file was replaced meanwhile, the model is read again.
Result<Engine> OpenOnnx(const EmbeddingsConfig& config) {
  constexpr int kMostTries = 3;
  for (int tries = 1;; ++tries) {
    ModelOpening opening(config);
    if (!opening.model().ok()) return opening.model().status();
    Result<Engine> engine = opening.OpenRest();
    if (opening.FilesAsTheyWere()) return engine;
    if (tries == kMostTries) {
      return UnavailableError("the files of " + opening.model()->folder.string() +
                              " changed each time they were read; open it when they stay");
    }
  }
}

// A head that pools vectors of `width` components as the folder says, keeps all components and
// scales to length 1.
Result<Pooler> UnitHeadFor(const ModelFolder& model, size_t width, OutputAxis axis) {
  PoolingSpec spec = model.pooling;
  spec.normalize = true;
  spec.dim = 0;
  return Pooler::Create(std::move(spec), width, axis);
}

// A prompt of a model that is switched off is left alone, one of no model is not known.
Status CheckPromptWithoutModel(const ModelConfig& model, std::string_view backend) {
  if (model.prompt_name.empty() || !model.path.empty()) return Status();
  return InvalidArgumentError(fmt::format(
      "prompt_name {} is not a prompt of {}, which has none; name a model, or leave prompt_name "
      "out",
      Quoted(model.prompt_name), backend));
}

Result<Engine> OpenAsked(const EmbeddingsConfig& config) {
  const EngineRow& row = EngineRowOf(config.backend);
  if (row.without_model != nullptr) {
    const std::string unused = UnusedModelWarning(config);
    if (!unused.empty()) Log(LogLevel::kWarning, "{}", unused);
    VETOR_RETURN_IF_ERROR(CheckPromptWithoutModel(config.model, ToString(row.kind)));
    return OpenWithoutModel(row, config, "");
  }
  const std::string backend = "backend is \"" + std::string(ToString(row.kind)) + "\"";
  if (!config.onnx.enabled) {
    return InvalidArgumentError(backend +
                                " but onnx.enabled is false; set ai.onnx.enabled to true");
  }
  if (config.model.path.empty()) {
    return InvalidArgumentError(backend + " but onnx.model_path is empty; name a model");
  }
  return OpenOnnx(config);
}

}  // namespace

std::string UnusedModelWarning(const EmbeddingsConfig& config) {
  const std::string& model = config.model.path;
  if (config.backend || model.empty()) return "";
  return "no backend is set, so hashing runs and the model " + model +
         " is not used; to run it, set ai.backend to \"onnx\" and ai.onnx.enabled to true; if "
         "hashing is what you want, set ai.backend to \"hashing\"";
}

Result<Engine> OpenEngine(const EmbeddingsConfig& config) {
  VETOR_RETURN_IF_ERROR(CheckConfig(config));
  Result<Engine> asked = OpenAsked(config);
  if (asked.ok() || !NeedsModel(config.backend) || config.fallback == Fallback::kError) {
    return asked;
  }
  VETOR_ASSIGN_OR_RETURN(Engine engine, OpenWithoutModel(EngineRowOf(BackendKind::kHashing), config,
                                                         asked.status().message()));
  Log(LogLevel::kWarning, "the model could not start, {} is used instead: {}",
      engine.info().model_id, engine.info().fallback_reason);
  return engine;
}

Result<ModelFolder> ReadNamedModel(const ModelConfig& config) {
  VETOR_ASSIGN_OR_RETURN(const std::string path, ResolveModelPath(config.path));
  return ReadModelFolder({.model_path = path,
                          .tokenizer_path = config.tokenizer_path,
                          .pooling = config.pooling,
                          .max_length = config.max_length,
                          .output_name = config.output_name,
                          .precision = config.precision,
                          .runtime = config.runtime});
}

ModelOpening::ModelOpening(EmbeddingsConfig config)
    : config_(std::move(config)), model_(ReadNamedModel(config_.model)) {}

const CheckedTokenizer& ModelOpening::OpenTokenizer() {
  tokenizer_ = OpenCheckedTokenizer(*model_, FolderFor(config_.cache, &CompiledFolderOf));
  return tokenizer_;
}

Result<RuntimeChoice>& ModelOpening::Choose() {
  if (choice_) return *choice_;
  choice_ = ChooseRuntime(config_, *model_);
  const bool needs_library = choice_->ok() && (*choice_)->encoder == nullptr;
  if (needs_library && config_.model.runtime == Runtime::kAuto &&
      !LoadRuntime(config_.onnx.library_path).ok()) {
    PreferCheckpoint();
  }
  return *choice_;
}

// A folder may hold both, and a graph that cannot run must not hide weights that can.
void ModelOpening::PreferCheckpoint() {
  ModelConfig native = config_.model;
  native.runtime = Runtime::kNative;
  Result<ModelFolder> folder = ReadNamedModel(native);
  if (!folder.ok() || folder->encoder == nullptr) return;
  Result<RuntimeChoice> choice = ChooseRuntime(config_, *folder);
  if (!choice.ok() || choice->encoder == nullptr) return;
  Log(LogLevel::kWarning,
      "there is no ONNX Runtime for {} ({}); the checkpoint in {} is used instead of it",
      model_->graph.string(), (*choice_)->why_not_native, folder->graph.parent_path().string());
  model_ = std::move(folder);
  choice_ = std::move(choice);
}

bool ModelOpening::RunsNatively() {
  const Result<RuntimeChoice>& choice = Choose();
  return choice.ok() && choice->encoder != nullptr;
}

std::string ModelOpening::WhyNotNative() {
  const Result<RuntimeChoice>& choice = Choose();
  return choice.ok() ? choice->why_not_native : choice.status().message();
}

OnnxBackendOptions ModelOpening::BackendOptions(const std::vector<std::string>& providers) const {
  OnnxBackendOptions options = BackendOptionsFor(*model_, config_.onnx);
  options.providers = providers;
  options.alone_threads = AloneThreads(config_);
  return options;
}

OnnxBackendOptions ModelOpening::OnnxOptions(const std::vector<std::string>& providers) const {
  OnnxBackendOptions options = BackendOptions(providers);
  // The backend checks each id if the tokenizer has ids that the model has no row for.
  if (!tokenizer_.beyond.empty()) options.word_rows = model_->facts.word_rows;
  return options;
}

Result<BackendTraits> ModelOpening::StartBackend(const std::vector<std::string>& providers) {
  started_ = nullptr;
  const Result<RuntimeChoice>& choice = Choose();
  if (!choice.ok()) return choice.status();
  // Our own kernels check each id, and start while another thread opens the tokenizer.
  const bool native = choice->encoder != nullptr;
  VETOR_ASSIGN_OR_RETURN(
      started_, OpenChosen(*choice, native ? BackendOptions(providers) : OnnxOptions(providers)));
  return started_->traits();
}

void ModelOpening::KeepBackend() { kept_ = std::move(started_); }

bool ModelOpening::FilesAsTheyWere() const { return IsAsItWas(*model_); }

Result<BackendTraits> ModelOpening::Accept() {
  started_ = nullptr;
  if (!fingerprint_) fingerprint_ = ModelFingerprint(*model_);
  if (!fingerprint_->ok()) return fingerprint_->status();
  VETOR_ASSIGN_OR_RETURN(probes_, ProbesFor(config_.model, *model_));
  const OnnxBackendOptions options = OnnxOptions(config_.onnx.providers);
  VETOR_ASSIGN_OR_RETURN(compared_probes_,
                         AcceptRuntime({.config = &config_,
                                        .model = &*model_,
                                        .options = &options,
                                        .tokenizer = tokenizer_.tokenizer.get(),
                                        .probes = probes_ ? &*probes_ : nullptr,
                                        .fingerprint = &fingerprint_->value(),
                                        .verdicts = FolderFor(config_.cache, &VerdictFolderOf)},
                                       &Choose().value(), &kept_));
  // They were recorded in fp32.
  if (probes_ && (*choice_)->operands == Operands::kBFloat16) {
    probes_->least_cosine = kLeastBf16Cosine;
  }
  return kept_->traits();
}

Result<Engine> ModelOpening::Finish() {
  LogDifferences(*tokenizer_.tokenizer);
  if (!tokenizer_.beyond.empty()) Log(LogLevel::kWarning, "{}", tokenizer_.beyond);
  if (!compared_probes_) VETOR_RETURN_IF_ERROR(Accept().status());
  OpenedParts opened;
  opened.model_fingerprint = *std::move(*fingerprint_);
  opened.probes = std::move(probes_);
  opened.compared_with_probes = *compared_probes_;
  opened.why_not_native = WhyNotNative();
  opened.parts.backend = std::move(kept_);
  opened.parts.tokenizer = std::move(tokenizer_.tokenizer);
  return JoinParts(config_, *model_, std::move(opened));
}

// Hashing the weights for the fingerprint takes as long as opening the rest, so both are done at
// once. Our own kernels need nothing of the tokenizer to be opened either.
Result<Engine> ModelOpening::OpenRest() {
  Status tokenizer;
  Status backend;
  const auto open_tokenizer = [&] { tokenizer = OpenTokenizer().status; };
  const auto start_backend = [&] { backend = StartBackend(config_.onnx.providers).status(); };
  std::vector<std::function<void()>> tasks = {[&] { fingerprint_ = ModelFingerprint(*model_); }};
  if (RunsNatively()) {
    tasks.insert(tasks.end(), {start_backend, open_tokenizer});
  } else {
    tasks.emplace_back([&] {
      open_tokenizer();
      if (tokenizer.ok()) start_backend();
    });
  }
  RunBlocks(tasks.size(), ReadCpuBudget().workers, [&](size_t task) { tasks[task](); });
  VETOR_RETURN_IF_ERROR(tokenizer);
  VETOR_RETURN_IF_ERROR(backend);
  KeepBackend();
  return Finish();
}

Result<std::vector<std::vector<float>>> PoolUnit(const ModelFolder& model,
                                                 std::span<const std::vector<int64_t>> rows,
                                                 const GivenTokenVectors& given) {
  VETOR_ASSIGN_OR_RETURN(const Pooler head, UnitHeadFor(model, given.width, OutputAxis::kTokens));
  std::vector<std::vector<float>> vectors;
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::vector<float> values = given.of_row(i);
    std::vector<float>& vector = vectors.emplace_back(head.dim());
    VETOR_RETURN_IF_ERROR(
        head.Finish(BatchOfOne({.ids = rows[i]}), BackendOutput{values, given.width}, vector));
  }
  return vectors;
}

Result<Engine> OpenWrittenGraph(const WrittenGraph& graph, const ModelFolder& model) {
  OnnxGraph unused;
  VETOR_ASSIGN_OR_RETURN(GraphFiles files, OpenGraphFiles(graph.path, &unused));
  Engine::Parts parts;
  VETOR_ASSIGN_OR_RETURN(parts.backend,
                         OpenOnnxBackend({.graph = graph.path,
                                          .files = std::make_shared<GraphFiles>(std::move(files)),
                                          .library_path = graph.library_path,
                                          .providers = {"cpu"},
                                          .intra_op_threads = ReadCpuBudget().workers,
                                          .dynamic_int8 = graph.dynamic_int8,
                                          .precision = graph.precision}));
  const BackendTraits& traits = parts.backend->traits();
  VETOR_ASSIGN_OR_RETURN(parts.head, UnitHeadFor(model, traits.width, traits.output_axis));
  return Engine(std::move(parts), EngineInfo{.model_id = model.model_id});
}

}  // namespace vetor
