#include <algorithm>
#include <iterator>
#include <type_traits>
#include <utility>

#include "base/argument_check.h"
#include "config/provider_names.h"
#include "head/pooling_spec.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

// Follows pointers to members: Member<&EmbeddingsConfig::model, &ModelConfig::path>(config).
template <auto First, auto... Rest, typename Object>
auto& Member(Object& object) {
  if constexpr (sizeof...(Rest) == 0) {
    return object.*First;
  } else {
    return Member<Rest...>(object.*First);
  }
}

// The type in which a SettingValue holds a member of the configuration.
template <typename T>
struct Traits;
template <>
struct Traits<bool> {
  using Held = bool;
  static constexpr SettingType kType = SettingType::kBool;
};
template <>
struct Traits<int> {
  using Held = int64_t;
  static constexpr SettingType kType = SettingType::kInteger;
};
template <>
struct Traits<int64_t> : Traits<int> {};
template <>
struct Traits<double> {
  using Held = double;
  static constexpr SettingType kType = SettingType::kNumber;
};
template <>
struct Traits<std::string> {
  using Held = std::string;
  static constexpr SettingType kType = SettingType::kString;
};
// A setting that may be unset.
template <typename T>
struct Traits<std::optional<T>> : Traits<T> {};
template <>
struct Traits<std::vector<std::string>> {
  using Held = std::vector<std::string>;
  static constexpr SettingType kType = SettingType::kStringList;
};

// Choices are held as their names in config.json, and pooling modes as names joined with '+'.
template <NamedChoice E>
struct Traits<E> {
  using Held = std::string;
  static constexpr SettingType kType = SettingType::kString;
};
template <>
struct Traits<std::vector<PoolingMode>> : Traits<std::string> {};

template <typename T>
typename Traits<T>::Held ToHeld(const T& value) {
  if constexpr (NamedChoice<T>) {
    return NameOrNumber(value);
  } else if constexpr (std::is_same_v<T, std::vector<PoolingMode>>) {
    return DescribePoolingModes(value);
  } else {
    return typename Traits<T>::Held(value);
  }
}

// REQUIRES: a value that CheckSetting accepts. An unknown name leaves `member` unchanged.
template <typename T>
void FromHeld(typename Traits<T>::Held held, T* member) {
  if constexpr (NamedChoice<T>) {
    if (const Result<T> parsed = Parse<T>(held, ""); parsed.ok()) *member = *parsed;
  } else if constexpr (std::is_same_v<T, std::vector<PoolingMode>>) {
    member->clear();
    if (held.empty()) return;
    if (Result<T> parsed = ParsePoolingModes(held); parsed.ok()) *member = *std::move(parsed);
  } else {
    *member = static_cast<T>(std::move(held));
  }
}

template <typename T>
constexpr bool kMayBeUnset = false;
template <typename T>
constexpr bool kMayBeUnset<std::optional<T>> = true;

template <auto... Path>
SettingValue Get(const EmbeddingsConfig& config) {
  const auto& member = Member<Path...>(config);
  using T = std::remove_cvref_t<decltype(member)>;
  if constexpr (kMayBeUnset<T>) {
    return member ? SettingValue(ToHeld(*member)) : SettingValue();
  } else {
    return ToHeld(member);
  }
}

template <auto... Path>
void Set(EmbeddingsConfig* config, SettingValue value) {
  auto& member = Member<Path...>(*config);
  using T = std::remove_cvref_t<decltype(member)>;
  auto* held = std::get_if<typename Traits<T>::Held>(&value);
  if constexpr (kMayBeUnset<T>) {
    member.reset();
    if (held != nullptr) FromHeld(std::move(*held), &member.emplace());
  } else if (held != nullptr) {
    FromHeld(std::move(*held), &member);
  }
}

// Adds the choices that the member's type has, if it has any.
template <typename T>
void AddChoices(Setting* setting) {
  if constexpr (NamedChoice<T>) {
    setting->form = SettingForm::kChoice;
    setting->choices = NamesOf<T>();
  } else if constexpr (kMayBeUnset<T>) {
    AddChoices<typename T::value_type>(setting);
  } else if constexpr (std::is_same_v<T, std::vector<PoolingMode>>) {
    setting->form = SettingForm::kSum;
    setting->choices = NamesOf<PoolingMode>();
  }
}

// How a setting is read from and written to its member of the configuration.
struct Place {
  SettingType type;
  SettingValue (*get)(const EmbeddingsConfig&);
  void (*set)(EmbeddingsConfig*, SettingValue);
  void (*add_choices)(Setting*);
};

template <auto... Path>
constexpr Place At() {
  using T = std::remove_cvref_t<decltype(Member<Path...>(std::declval<EmbeddingsConfig&>()))>;
  return {Traits<T>::kType, &Get<Path...>, &Set<Path...>, &AddChoices<T>};
}

struct Row {
  const char* key;
  Place place;
  const char* description;
  double minimum = 0;  // Of a number.
  double maximum = 0;
};

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
constexpr Row kRows[] = {
    {"ai.enabled", At<&E::enabled>(),
     "Whether embeddings are computed at all; if false, the service refuses to open."},
    {"ai.backend", At<&E::backend>(),
     "What computes vectors: \"onnx\" runs a model, \"hashing\" needs none but knows only "
     "spelling; "
     "unset is hashing, with a warning beside a model path."},
    {"ai.fallback", At<&E::fallback>(),
     "What happens if the model cannot start: \"hashing\" goes on without the model and says so "
     "everywhere, \"error\" refuses."},
    {"ai.onnx.enabled", At<&E::onnx, &OnnxConfig::enabled>(),
     "Must be true for backend \"onnx\" to be used."},
    {"ai.onnx.model_path", At<&E::model, &ModelConfig::path>(),
     "The .onnx file, a model folder that holds model.onnx or onnx/model.onnx, a checkpoint "
     "(config.json, weights and a tokenizer), or the id of one in the hub cache."},
    {"ai.onnx.tokenizer_path", At<&E::model, &ModelConfig::tokenizer_path>(),
     "tokenizer.json, vocab.txt or a SentencePiece model, if it does not lie in the model's "
     "folder."},
    {"ai.onnx.library_path", At<&E::onnx, &OnnxConfig::library_path>(),
     "The onnxruntime library; empty takes the one that VETOR_ONNXRUNTIME names, else searches "
     "beside the binary, in the Python package and in the system."},
    {"ai.onnx.providers", At<&E::onnx, &OnnxConfig::providers>(),
     "Execution providers in order of preference, short or full names; the first that starts is "
     "used."},
    {"ai.onnx.runtime", At<&E::model, &ModelConfig::runtime>(),
     "What runs the model: \"native\" is vetor's own kernels, \"onnxruntime\" runs a graph; "
     "\"auto\" takes the native one for a model that it knows."},
    {"ai.onnx.precision", At<&E::model, &ModelConfig::precision>(),
     "Arithmetic of the model: \"auto\" takes the file as it is; int8 and bf16 trade a little "
     "accuracy for speed."},
    {"ai.onnx.pooling", At<&E::model, &ModelConfig::pooling>(),
     "How token vectors become one vector; several modes are joined with '+'; empty takes the "
     "model folder's."},
    {"ai.onnx.output_name", At<&E::model, &ModelConfig::output_name>(),
     "The graph's output that is the embedding (dense_vecs, pooler_output, text_embeds, logits); "
     "empty is sentence_embedding, else last_hidden_state or token_embeddings."},
    {"ai.onnx.max_length", At<&E::model, &ModelConfig::max_length>(),
     "Longest text in tokens, special tokens included; a longer text is cut and counted, unless "
     "on_long says otherwise; 0 takes the model folder's maximum.",
     0, kMaxLength},
    {"ai.onnx.on_long", At<&E::model, &ModelConfig::on_long>(),
     "What becomes of a text longer than max_length: \"truncate\" ignores its end and counts it, "
     "\"error\" refuses it and names it, \"window\" embeds it in windows that overlap by an eighth "
     "and takes their mean, weighted by tokens."},
    {"ai.onnx.prompt_name", At<&E::model, &ModelConfig::prompt_name>(),
     "Name of a prompt of the model folder that is put before every text; empty takes the folder's "
     "default."},
    {"ai.onnx.intra_op_threads", At<&E::onnx, &OnnxConfig::intra_op_threads>(),
     "Threads inside one model run; 0 takes one thread for bulk work, and all cores, at most 4, "
     "for a batch that is the only work.",
     0, kMaxThreads},
    {"ai.onnx.map_weights", At<&E::onnx, &OnnxConfig::map_weights>(),
     "Large weights stay in the model's file, which is mapped; off lets ONNX Runtime copy them "
     "into "
     "memory, for files that are overwritten in place and for network disks (vetor's own kernels "
     "pack most weights in memory anyway, and map the table of words)."},
    {"ai.dim", At<&E::dim>(),
     "Components of a vector: unset takes the model's own number (hashing: 256), a smaller one "
     "cuts and renormalises, a larger one is an error.",
     1, kMaxDim},
    {"ai.normalize", At<&E::normalize>(),
     "Scale each vector to length 1; unset does so, except for a model that compares by dot "
     "product and has no Normalize module; off gives the raw pooled vector."},
    {"ai.batch_size", At<&E::batch_size>(),
     "Most texts in one batch; a model's batch also has at most 512 tokens, so that a value above "
     "256 changes nothing for a model.",
     1, kMaxBatchSize},
    {"ai.threads", At<&E::threads>(),
     "Worker threads; 0 is the number of physical cores that this process may use.", 0,
     kMaxThreads},
    {"ai.cache.enabled", At<&E::cache, &CacheConfig::enabled>(),
     "Keep computed vectors, in memory and on disk, and find them again."},
    {"ai.cache.dir", At<&E::cache, &CacheConfig::dir>(),
     "Folder of the cache on disk, made if it is missing; null or unset is the user's own "
     "($XDG_CACHE_HOME/vetor or ~/.cache/vetor), but \"cache/embeddings\" for a config.json "
     "without this key; empty keeps nothing on disk."},
    {"ai.cache.ttl_days", At<&E::cache, &CacheConfig::ttl_days>(),
     "Age in days at which a vector on disk is computed anew; 0 never reads from disk.", 0,
     kMaxTtlDays},
    {"ai.cache.max_mb", At<&E::cache, &CacheConfig::max_mb>(),
     "Largest size of the cache on disk in MiB; the least recently used vectors leave first.", 1,
     kMaxMegabytes},
    {"ai.cache.memory_mb", At<&E::cache, &CacheConfig::memory_mb>(),
     "Largest size of the cache in memory in MiB; 0 keeps none.", 0, kMaxMegabytes},
    {"ai.cache.namespace", At<&E::cache, &CacheConfig::name_space>(),
     "A name that keeps the vectors of users apart who share a cache folder."},
};

bool IsNumber(SettingType type) {
  return type == SettingType::kInteger || type == SettingType::kNumber;
}

Setting Make(const Row& row) {
  Setting setting{};
  setting.key = row.key;
  setting.type = row.place.type;
  setting.description = row.description;
  setting.get = row.place.get;
  setting.set = row.place.set;
  setting.default_value = row.place.get(EmbeddingsConfig());
  row.place.add_choices(&setting);
  if (IsNumber(row.place.type)) {
    setting.minimum = row.minimum;
    setting.maximum = row.maximum;
  }
  // The list of providers is the only setting of this type.
  if (row.place.type == SettingType::kStringList) {
    setting.form = SettingForm::kProvider;
    for (const ProviderName& provider : KnownProviders()) {
      setting.choices.emplace_back(provider.full_name);
    }
  }
  return setting;
}

std::vector<Setting> MakeTable() {
  std::vector<Setting> table;
  for (const Row& row : kRows) table.push_back(Make(row));
  return table;
}

std::string_view AfterPrefix(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

}  // namespace

std::string Setting::flag() const {
  const std::string_view name = AfterPrefix(key, "ai.");
  // "--enabled" alone is `ai.enabled`, so this flag keeps "onnx" in its name.
  std::string flag(name == "onnx.enabled" ? name : AfterPrefix(name, "onnx."));
  if (type == SettingType::kStringList && flag.ends_with('s')) flag.pop_back();
  for (char& c : flag) {
    if (c == '.' || c == '_') c = '-';
  }
  return "--" + flag;
}

std::string Setting::environment() const {
  std::string name = "VETOR_";
  for (const char c : std::string_view(key)) {
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

std::string Setting::python() const {
  std::string name(AfterPrefix(key, "ai."));
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

bool Setting::names_path() const {
  const std::string_view name(key);
  return name.ends_with("_path") || name.ends_with(".dir");
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
