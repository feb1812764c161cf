#include "engine/open_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "backend/native/native_backend.h"
#include "backend/onnx/onnx_backend.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "engine/engine_table.h"
#include "engine/model_path.h"
#include "engine/model_tokenizer.h"
#include "engine/native_check.h"
#include "engine/probe_check.h"
#include "formats/onnx/graph_files.h"
#include "model/external_data.h"
#include "model/probes.h"
#include "os/cpu.h"
#include "os/log.h"
#include "tokenizer/compiled/compiled_folder.h"
#include "vetor/config_file.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

constexpr int kDimWithoutModel = 256;

// Rows of a batch share nothing but the run, so what shapes a vector is listed here and nowhere
// else. The provider counts: a GPU's last bits differ from the CPU's.
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

// A call's own prompt and on_long are in the keys of vetor's cache; a cache outside sees a service
// and a text. `on_long`: empty where the backend reads text.
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
  spec.normalize = false;  // The backend has done it: the hasher in scikit-learn's precision.
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

// Compiled tokenizers lie where vectors do: a user who wants no files there gets none.
std::filesystem::path CompiledFolderFor(const CacheConfig& cache) {
  const std::string dir = cache.dir.value_or("");
  const bool has_disk = cache.enabled && !dir.empty() && cache.ttl_days > 0;
  return has_disk ? CompiledFolderOf(dir) : std::filesystem::path();
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

// Two were measured (alone_session.h). What a dozen tokens give to each of many threads is too
// little to wake them for.
constexpr int kMostAloneThreads = 4;

// Of a batch that has the machine to itself; 0 where the user has said how many threads a run has.
int AloneThreads(const EmbeddingsConfig& config) {
  if (config.onnx.intra_op_threads > 0) return 0;
  const int cores = config.threads > 0 ? config.threads : ReadCpuBudget().workers;
  return std::min(cores, kMostAloneThreads);
}

// Whether vectors are scaled to length 1, and what is said of it where the length has a meaning.
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

// What runs the folder's model: our own kernels for a checkpoint, ONNX Runtime for a graph.
Result<std::unique_ptr<Backend>> OpenBackend(const EmbeddingsConfig& config,
                                             const ModelFolder& model,
                                             const OnnxBackendOptions& options) {
  if (!model.encoder) return OpenOnnxBackend(options);
  return OpenNativeBackend({.encoder = model.encoder,
                            .threads = ReadCpuBudget().workers,
                            .alone_threads = AloneThreads(config)});
}

// The tokenizer, and what is to be said of it; `word_rows` of the backend's options where each id
// has to be looked at.
Status StartTokenizer(const EmbeddingsConfig& config, const ModelFolder& model,
                      OnnxBackendOptions* options, Engine::Parts* parts) {
  CheckedTokenizer checked = OpenCheckedTokenizer(model, CompiledFolderFor(config.cache));
  if (!checked.status.ok()) return checked.status;
  parts->tokenizer = std::move(checked.tokenizer);
  LogDifferences(*parts->tokenizer);
  if (checked.beyond.empty()) return Status();
  Log(LogLevel::kWarning, "{}", checked.beyond);
  options->word_rows = model.facts.word_rows;
  return Status();
}

// What was recorded where the model was exported, unless other vectors are asked for.
Result<std::optional<Probes>> ProbesFor(const ModelConfig& config, const ModelFolder& model) {
  if (!config.pooling.empty() || !config.tokenizer_path.empty() || !config.output_name.empty()) {
    return std::optional<Probes>();
  }
  return ReadProbes(model.folder, model.graph);
}

Result<Engine> StartModel(const EmbeddingsConfig& config, const ModelFolder& model) {
  Engine::Parts parts;
  OnnxBackendOptions options = BackendOptionsFor(model, config.onnx);
  options.alone_threads = AloneThreads(config);
  VETOR_RETURN_IF_ERROR(StartTokenizer(config, model, &options, &parts));
  VETOR_ASSIGN_OR_RETURN(parts.backend, OpenBackend(config, model, options));
  if (model.encoder) {
    VETOR_RETURN_IF_ERROR(CheckNativeVectors(*model.encoder, *parts.tokenizer, *parts.backend,
                                             ReadCpuBudget().workers));
  }
  // What is said of a model's use, "texts are cut", contradicts that it was refused.
  for (const std::string& warning : model.warnings) Log(LogLevel::kWarning, "{}", warning);
  const int max_length = MaxLengthOf(model, *parts.tokenizer);
  EngineInfo info{.model_id = model.model_id,
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
  info.fingerprint = SpaceFingerprint(parts, info, model.fingerprint, config.cache);
  info.service_fingerprint = ServiceFingerprint(info, ToString(config.model.on_long));
  VETOR_ASSIGN_OR_RETURN(const std::optional<Probes> probes, ProbesFor(config.model, model));
  if (probes && probes->ranges.least.size() == parts.head->dim()) info.ranges = probes->ranges;
  Engine engine(std::move(parts), std::move(info));
  if (probes) VETOR_RETURN_IF_ERROR(CheckProbes(*probes, engine));
  return engine;
}

// Vectors are filed under the fingerprint of what was read first, so all that was read later must
// be the same: where somebody replaced files meanwhile, it is read again.
Result<Engine> OpenOnnx(const EmbeddingsConfig& config) {
  constexpr int kMostTries = 3;
  for (int tries = 1;; ++tries) {
    VETOR_ASSIGN_OR_RETURN(const ModelFolder model, ReadNamedModel(config.model));
    Result<Engine> engine = StartModel(config, model);
    if (IsAsItWas(model)) return engine;
    if (tries == kMostTries) {
      return UnavailableError("the files of " + model.folder.string() +
                              " changed each time they were read; open it when they stay");
    }
  }
}

// What pools vectors of `width` components as the folder says, all of them, to length 1.
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
  Log(LogLevel::kWarning, "the ONNX backend could not start, {} is used instead: {}",
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

Result<BackendTraits> TryGraph(const ModelFolder& model, const OnnxConfig& onnx) {
  if (model.encoder) {
    VETOR_ASSIGN_OR_RETURN(const std::unique_ptr<Backend> backend,
                           OpenNativeBackend({.encoder = model.encoder}));
    return backend->traits();
  }
  VETOR_ASSIGN_OR_RETURN(const std::unique_ptr<Backend> backend,
                         OpenOnnxBackend(BackendOptionsFor(model, onnx)));
  return backend->traits();
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
