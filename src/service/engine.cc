#include "service/engine.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "backend/hashing/hashing_backend.h"
#include "backend/onnx/onnx_backend.h"
#include "base/cpu.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "model/model_folder.h"
#include "model/probes.h"
#include "service/model_path.h"
#include "service/probe_check.h"
#include "service/token_table.h"
#include "tokenizer/compiled/compiled_folder.h"

namespace vetor {
namespace {

constexpr int kHashingDim = 256;

// Rows of a batch share nothing but the run, so what shapes a vector is listed here and nowhere
// else. The provider counts: a GPU's last bits differ from the CPU's.
std::string VectorSpace(const Engine& engine, const std::string& model_fingerprint,
                        const EmbeddingsConfig& config) {
  const BackendTraits& traits = engine.backend->traits();
  Sha256Builder builder;
  builder.AddField("vetor vector space 1");
  builder.AddField(traits.backend);
  builder.AddField(std::string_view(traits.provider).substr(0, traits.provider.find(' ')));
  builder.AddField(traits.precision);
  builder.AddField(model_fingerprint);
  builder.AddField(std::to_string(engine.max_length));
  builder.AddField(std::to_string(engine.pooler->dim()));
  builder.AddField(engine.normalize ? "unit" : "raw");
  builder.AddField(config.cache.name_space);
  return Hex(std::move(builder).Finish());
}

Result<Engine> OpenHashing(const EmbeddingsConfig& config) {
  const int dim = config.dim.value_or(kHashingDim);
  Engine engine;
  engine.normalize = config.normalize.value_or(true);
  engine.backend = MakeHashingBackend(static_cast<size_t>(dim), engine.normalize);
  PoolingSpec spec;
  spec.normalize = false;  // The hasher has done it, in scikit-learn's precision.
  VETOR_ASSIGN_OR_RETURN(engine.pooler,
                         Pooler::Create(spec, static_cast<size_t>(dim), OutputAxis::kTexts));
  engine.model_id = "hashing-" + std::to_string(dim);
  engine.fingerprint = VectorSpace(engine, engine.model_id, config);
  return engine;
}

Status ChoosePrompt(const ModelFolder& model, const OnnxConfig& config, Engine* engine) {
  engine->prompts = model.prompts;
  const std::string& name =
      config.prompt_name.empty() ? model.default_prompt_name : config.prompt_name;
  if (name.empty()) return Status();
  const auto prompt = model.prompts.find(name);
  if (prompt != model.prompts.end()) {
    engine->default_prompt = prompt->second;
    return Status();
  }
  std::string known;
  for (const auto& [known_name, text] : model.prompts) known += " \"" + known_name + "\"";
  return InvalidArgumentError("prompt_name \"" + name + "\" is not in " + model.folder.string() +
                              "/config_sentence_transformers.json, which has" +
                              (known.empty() ? " none" : known));
}

// Compiled tokenizers lie where vectors do: a user who wants no files there gets none.
LoadOptions LoadOptionsFor(const ModelFolder& model, const CacheConfig& cache) {
  LoadOptions options;
  options.do_lower_case = model.do_lower_case;
  options.special_tokens = model.special_tokens;
  const std::string dir = cache.dir.value_or("");
  const bool has_disk = cache.enabled && !dir.empty() && cache.ttl_days > 0;
  if (has_disk) options.compiled_folder = CompiledFolderOf(dir);
  return options;
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

Result<Engine> StartOnnx(const EmbeddingsConfig& config, const ModelFolder& model) {
  const OnnxConfig& onnx = config.onnx;
  for (const std::string& warning : model.warnings) Log(LogLevel::kWarning, "{}", warning);

  Engine engine;
  VETOR_ASSIGN_OR_RETURN(engine.tokenizer,
                         Tokenizer::Load(model.tokenizer, LoadOptionsFor(model, config.cache)));
  LogDifferences(*engine.tokenizer);
  VETOR_ASSIGN_OR_RETURN(
      const std::string beyond,
      CheckTokenTable(*engine.tokenizer, {model.tokenizer, model.graph, model.facts.word_rows}));
  if (!beyond.empty()) Log(LogLevel::kWarning, "{}", beyond);
  VETOR_ASSIGN_OR_RETURN(engine.backend,
                         OpenOnnxBackend({.graph = model.graph,
                                          .files = model.files,
                                          .library_path = onnx.library_path,
                                          .providers = onnx.providers,
                                          .intra_op_threads = std::max(1, onnx.intra_op_threads),
                                          .alone_threads = AloneThreads(config),
                                          .dynamic_int8 = model.facts.dynamic_int8,
                                          .map_weights = onnx.map_weights,
                                          .precision = model.facts.precision,
                                          .word_rows = beyond.empty() ? 0 : model.facts.word_rows,
                                          .pad_token_id = model.pad_token_id,
                                          .output_name = model.output_name}));
  PoolingSpec spec = model.pooling;
  engine.normalize = ChooseLength(model, config);
  spec.normalize = engine.normalize;
  spec.dim = static_cast<size_t>(config.dim.value_or(model.declared_dim));
  engine.include_prompt = spec.include_prompt;
  const BackendTraits& traits = engine.backend->traits();
  VETOR_ASSIGN_OR_RETURN(engine.pooler,
                         Pooler::Create(std::move(spec), traits.width, traits.output_axis));
  engine.normalized_by_model =
      engine.normalize && model.declared_normalize && !engine.pooler->cuts();
  VETOR_RETURN_IF_ERROR(ChoosePrompt(model, onnx, &engine));
  engine.max_length = model.max_length;
  engine.model_id = model.model_id;
  engine.fingerprint = VectorSpace(engine, model.fingerprint, config);
  // Other vectors than recorded are then what is asked for.
  if (!onnx.pooling.empty() || !onnx.tokenizer_path.empty() || !onnx.output_name.empty()) {
    return engine;
  }
  VETOR_ASSIGN_OR_RETURN(const std::optional<Probes> probes, ReadProbes(model.folder, model.graph));
  if (!probes) return engine;
  VETOR_RETURN_IF_ERROR(CheckProbes(*probes, engine));
  if (probes->ranges.least.size() == engine.pooler->dim()) engine.ranges = probes->ranges;
  return engine;
}

// Vectors are filed under the fingerprint of what was read first, so all that was read later must
// be the same: where somebody replaced files meanwhile, it is read again.
Result<Engine> OpenOnnx(const EmbeddingsConfig& config) {
  constexpr int kMostTries = 3;
  VETOR_ASSIGN_OR_RETURN(const std::string path, ResolveModelPath(config.onnx.model_path));
  for (int tries = 1;; ++tries) {
    VETOR_ASSIGN_OR_RETURN(const ModelFolder model,
                           ReadModelFolder({.model_path = path,
                                            .tokenizer_path = config.onnx.tokenizer_path,
                                            .pooling = config.onnx.pooling,
                                            .max_length = config.onnx.max_length,
                                            .output_name = config.onnx.output_name,
                                            .precision = config.onnx.precision}));
    Result<Engine> engine = StartOnnx(config, model);
    if (IsAsItWas(model)) return engine;
    if (tries == kMostTries) {
      return UnavailableError("the files of " + model.folder.string() +
                              " changed each time they were read; open it when they stay");
    }
  }
}

Status CheckChoices(const EmbeddingsConfig& config) {
  if (config.backend && config.backend != "hashing" && config.backend != "onnx") {
    return InvalidArgumentError("backend is \"" + *config.backend +
                                "\", expected \"hashing\" or \"onnx\"");
  }
  if (config.fallback != "hashing" && config.fallback != "error") {
    return InvalidArgumentError("fallback is \"" + config.fallback +
                                "\", expected \"hashing\" or \"error\"");
  }
  if (config.dim && *config.dim < 1) {
    return InvalidArgumentError("dim is " + std::to_string(*config.dim) + ", expected at least 1");
  }
  return Status();
}

Result<Engine> OpenAsked(const EmbeddingsConfig& config) {
  if (config.backend != "onnx") {
    const std::string& model = config.onnx.model_path;
    if (!config.backend && !model.empty()) {
      Log(LogLevel::kWarning,
          "no backend is set, so hashing runs and the model {} is not used; to run it, set "
          "ai.backend to \"onnx\" and ai.onnx.enabled to true; if hashing is what you want, set "
          "ai.backend to \"hashing\"",
          model);
    }
    return OpenHashing(config);
  }
  if (!config.onnx.enabled) {
    return InvalidArgumentError(
        "backend is \"onnx\" but onnx.enabled is false; set ai.onnx.enabled to true");
  }
  if (config.onnx.model_path.empty()) {
    return InvalidArgumentError("backend is \"onnx\" but onnx.model_path is empty; name a model");
  }
  return OpenOnnx(config);
}

// A call's own prompt and on_long are in the keys of vetor's cache (KeyOf); a cache outside sees a
// service and a text.
std::string ServiceFingerprint(const Engine& engine, const EmbeddingsConfig& config) {
  Sha256Builder builder;
  builder.AddField("vetor service 1");
  builder.AddField(engine.fingerprint);
  builder.AddField(engine.default_prompt);
  builder.AddField(engine.tokenizer ? config.onnx.on_long : "");
  for (const auto& [name, prompt] : engine.prompts) {
    builder.AddField(name);
    builder.AddField(prompt);
  }
  return Hex(std::move(builder).Finish());
}

Result<Engine> OpenAskedOrFallback(const EmbeddingsConfig& config) {
  Result<Engine> asked = OpenAsked(config);
  if (asked.ok() || config.backend != "onnx" || config.fallback == "error") return asked;
  const std::string reason = asked.status().message();
  VETOR_ASSIGN_OR_RETURN(Engine engine, OpenHashing(config));
  engine.fallback_reason = reason;
  Log(LogLevel::kWarning, "the ONNX backend could not start, {} is used instead: {}",
      engine.model_id, reason);
  return engine;
}

}  // namespace

Result<Engine> OpenEngine(const EmbeddingsConfig& config) {
  VETOR_RETURN_IF_ERROR(CheckChoices(config));
  VETOR_ASSIGN_OR_RETURN(Engine engine, OpenAskedOrFallback(config));
  engine.service_fingerprint = ServiceFingerprint(engine, config);
  return engine;
}

}  // namespace vetor
