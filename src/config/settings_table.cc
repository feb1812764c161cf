#include <algorithm>
#include <iterator>

#include "config/provider_names.h"
#include "config/setting_member.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

using E = EmbeddingsConfig;

// The upper bounds are far above useful values. They keep every product of settings inside 64 bits,
// and turn a typing error into an error message instead of a huge allocation.
constexpr double kMaxDim = 1 << 20;  // scikit-learn's default for HashingVectorizer.
constexpr double kMaxBatchSize = 65536;
constexpr double kMaxThreads = 1024;
constexpr double kMaxLength = 1 << 20;
constexpr double kMaxTtlDays = 36500;
constexpr double kMaxMegabytes = 1 << 24;  // 16 TiB

// The settings, section by section. The fields of a row: key, member of EmbeddingsConfig,
// description and, for a number, the least and the greatest value.
constexpr TableRow<E> kRows[] = {
    {"ai.enabled", At<E, &E::enabled>(),
     "Whether embeddings are computed at all; if false, the service refuses to open."},
    {"ai.backend", At<E, &E::backend>(),
     "What computes vectors: \"onnx\" runs a model, \"hashing\" needs none but knows only "
     "spelling; "
     "unset is hashing, with a warning beside a model path."},
    {"ai.fallback", At<E, &E::fallback>(),
     "What happens if the model cannot start: \"hashing\" goes on without the model and says so "
     "everywhere, \"error\" refuses."},
    {"ai.onnx.enabled", At<E, &E::onnx, &OnnxConfig::enabled>(),
     "Must be true for backend \"onnx\" to be used."},
    {"ai.onnx.model_path", At<E, &E::model, &ModelConfig::path>(),
     "The .onnx file, a model folder that holds model.onnx or onnx/model.onnx, a checkpoint "
     "(config.json, weights and a tokenizer), or the id of one in the hub cache."},
    {"ai.onnx.tokenizer_path", At<E, &E::model, &ModelConfig::tokenizer_path>(),
     "tokenizer.json, vocab.txt or a SentencePiece model, if it does not lie in the model's "
     "folder."},
    {"ai.onnx.library_path", At<E, &E::onnx, &OnnxConfig::library_path>(),
     "The onnxruntime library; empty takes the one that VETOR_ONNXRUNTIME names, else searches "
     "beside the binary, in the Python package and in the system."},
    {"ai.onnx.providers", At<E, &E::onnx, &OnnxConfig::providers>(),
     "Execution providers in order of preference, short or full names; the first that starts is "
     "used."},
    {"ai.onnx.runtime", At<E, &E::model, &ModelConfig::runtime>(),
     "What runs the model: \"native\" is vetor's own kernels, \"onnxruntime\" runs a graph; "
     "\"auto\" takes the native one for a model that it knows."},
    {"ai.onnx.precision", At<E, &E::model, &ModelConfig::precision>(),
     "Arithmetic of the model: \"auto\" takes the file as it is; \"bf16\" is what vetor's own "
     "kernels make of fp32 weights, faster on processors with AVX-512 BF16; int8 and fp16 are "
     "files "
     "of their own."},
    {"ai.onnx.pooling", At<E, &E::model, &ModelConfig::pooling>(),
     "How token vectors become one vector; several modes are joined with '+'; empty takes the "
     "model folder's."},
    {"ai.onnx.output_name", At<E, &E::model, &ModelConfig::output_name>(),
     "The graph's output that is the embedding (dense_vecs, pooler_output, text_embeds, logits); "
     "empty is sentence_embedding, else last_hidden_state or token_embeddings."},
    {"ai.onnx.max_length", At<E, &E::model, &ModelConfig::max_length>(),
     "Longest text in tokens, special tokens included; a longer text is cut and counted, unless "
     "on_long says otherwise; 0 takes the model folder's maximum.",
     0, kMaxLength},
    {"ai.onnx.on_long", At<E, &E::model, &ModelConfig::on_long>(),
     "What becomes of a text longer than max_length: \"truncate\" ignores its end and counts it, "
     "\"error\" refuses it and names it, \"window\" embeds it in windows that overlap by an eighth "
     "and takes their mean, weighted by tokens."},
    {"ai.onnx.prompt_name", At<E, &E::model, &ModelConfig::prompt_name>(),
     "Name of a prompt of the model folder that is put before every text; empty takes the folder's "
     "default."},
    {"ai.onnx.intra_op_threads", At<E, &E::onnx, &OnnxConfig::intra_op_threads>(),
     "Threads inside one model run; 0 takes one thread for bulk work, and all cores, at most 4, "
     "for a batch that is the only work.",
     0, kMaxThreads},
    {"ai.onnx.map_weights", At<E, &E::onnx, &OnnxConfig::map_weights>(),
     "Large weights stay in the model's file, which is mapped; off lets ONNX Runtime copy them "
     "into "
     "memory, for files that are overwritten in place and for network disks (vetor's own kernels "
     "pack most weights in memory anyway, and map the table of words)."},
    {"ai.dim", At<E, &E::dim>(),
     "Components of a vector: unset takes the model's own number (hashing: 256), a smaller one "
     "cuts and renormalises, a larger one is an error.",
     1, kMaxDim},
    {"ai.normalize", At<E, &E::normalize>(),
     "Scale each vector to length 1; unset does so, except for a model that compares by dot "
     "product and has no Normalize module; off gives the raw pooled vector."},
    {"ai.batch_size", At<E, &E::batch_size>(),
     "Most texts in one batch; a model's batch also has at most 512 tokens, so that a value above "
     "256 changes nothing for a model.",
     1, kMaxBatchSize},
    {"ai.threads", At<E, &E::threads>(),
     "Worker threads; 0 is the number of physical cores that this process may use.", 0,
     kMaxThreads},
    {"ai.cache.enabled", At<E, &E::cache, &CacheConfig::enabled>(),
     "Keep computed vectors, in memory and on disk, and find them again."},
    {"ai.cache.dir", At<E, &E::cache, &CacheConfig::dir>(),
     "Folder of the cache on disk, made if it is missing; null or unset is the user's own "
     "($XDG_CACHE_HOME/vetor or ~/.cache/vetor), but \"cache/embeddings\" for a config.json "
     "without this key; empty keeps nothing on disk."},
    {"ai.cache.ttl_days", At<E, &E::cache, &CacheConfig::ttl_days>(),
     "Age in days at which a vector on disk is computed anew; 0 never reads from disk.", 0,
     kMaxTtlDays},
    {"ai.cache.max_mb", At<E, &E::cache, &CacheConfig::max_mb>(),
     "Largest size of the cache on disk in MiB; the least recently used vectors leave first.", 1,
     kMaxMegabytes},
    {"ai.cache.memory_mb", At<E, &E::cache, &CacheConfig::memory_mb>(),
     "Largest size of the cache in memory in MiB; 0 keeps none.", 0, kMaxMegabytes},
    {"ai.cache.namespace", At<E, &E::cache, &CacheConfig::name_space>(),
     "A name that keeps the vectors of users apart who share a cache folder."},
};

std::vector<Setting> MakeTable() {
  auto table = MakeSettings<Setting>(std::span<const TableRow<E>>(kRows));
  for (Setting& setting : table) {
    // The list of providers is the only setting of this type.
    if (setting.type != SettingType::kStringList) continue;
    setting.form = SettingForm::kProvider;
    for (const ProviderName& provider : KnownProviders()) {
      setting.choices.emplace_back(provider.full_name);
    }
  }
  return table;
}

std::string_view AfterPrefix(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

}  // namespace

std::string SettingRow::flag() const {
  const std::string_view name = AfterPrefix(AfterPrefix(key, "ai."), "server.");
  // "--enabled" alone is `ai.enabled`, so this flag keeps "onnx" in its name.
  std::string flag(name == "onnx.enabled" ? name : AfterPrefix(name, "onnx."));
  // The s of CORS, cross-origin resource sharing, is not that of a plural.
  if (type == SettingType::kStringList && flag != "cors" && flag.ends_with('s')) flag.pop_back();
  for (char& c : flag) {
    if (c == '.' || c == '_') c = '-';
  }
  return "--" + flag;
}

std::string SettingRow::environment() const {
  std::string name = "VETOR_";
  for (const char c : std::string_view(key)) {
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

std::string SettingRow::python() const {
  std::string name(AfterPrefix(key, "ai."));
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

bool SettingRow::names_path() const {
  const std::string_view name(key);
  constexpr std::string_view kEnds[] = {"_path",   ".dir",      "_file",
                                        ".socket", ".tls_cert", ".tls_key"};
  return std::any_of(std::begin(kEnds), std::end(kEnds),
                     [&](std::string_view end) { return name.ends_with(end); });
}

std::span<const Setting> SettingsTable() {
  static const std::vector<Setting> kTable = MakeTable();
  return kTable;
}

const Setting* FindSetting(std::string_view key) {
  for (const Setting& setting : SettingsTable()) {
    if (key == setting.key) return &setting;
  }
  return nullptr;
}

}  // namespace vetor
