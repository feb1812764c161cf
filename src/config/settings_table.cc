#include <algorithm>
#include <iterator>
#include <type_traits>
#include <utility>

#include "config/provider_names.h"
#include "head/pooling_spec.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

// Follows member pointers: Member<&EmbeddingsConfig::onnx, &OnnxConfig::model_path>(config).
template <auto First, auto... Rest, typename Object>
auto& Member(Object& object) {
  if constexpr (sizeof...(Rest) == 0) {
    return object.*First;
  } else {
    return Member<Rest...>(object.*First);
  }
}

// How a member's own type is held in a SettingValue.
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

template <typename T>
constexpr bool kMayBeUnset = false;
template <typename T>
constexpr bool kMayBeUnset<std::optional<T>> = true;

template <auto... Path>
SettingValue Get(const EmbeddingsConfig& config) {
  const auto& member = Member<Path...>(config);
  using T = std::remove_cvref_t<decltype(member)>;
  if constexpr (kMayBeUnset<T>) {
    using Held = typename Traits<T>::Held;
    return member ? SettingValue(Held(*member)) : SettingValue();
  } else {
    return typename Traits<T>::Held(member);
  }
}

template <auto... Path>
void Set(EmbeddingsConfig* config, SettingValue value) {
  auto& member = Member<Path...>(*config);
  using T = std::remove_cvref_t<decltype(member)>;
  using Held = typename Traits<T>::Held;
  if constexpr (kMayBeUnset<T>) {
    auto* held = std::get_if<Held>(&value);
    member =
        held != nullptr ? T(static_cast<typename T::value_type>(std::move(*held))) : std::nullopt;
  } else if (auto* held = std::get_if<Held>(&value)) {
    member = static_cast<T>(std::move(*held));
  }
}

template <auto... Path>
Setting Make(const char* key, const char* description) {
  using T = std::remove_cvref_t<decltype(Member<Path...>(std::declval<EmbeddingsConfig&>()))>;
  Setting setting{};
  setting.key = key;
  setting.type = Traits<T>::kType;
  setting.description = description;
  setting.get = &Get<Path...>;
  setting.set = &Set<Path...>;
  return setting;
}

Setting OneOf(std::vector<std::string> choices, Setting setting) {
  setting.form = SettingForm::kChoice;
  setting.choices = std::move(choices);
  return setting;
}

Setting SumOfPoolingModes(Setting setting) {
  setting.form = SettingForm::kSum;
  for (const PoolingModeNames& mode : kPoolingModes) setting.choices.emplace_back(mode.name);
  return setting;
}

Setting Providers(Setting setting) {
  setting.form = SettingForm::kProvider;
  for (const ProviderName& provider : KnownProviders()) {
    setting.choices.emplace_back(provider.full_name);
  }
  return setting;
}

Setting Between(double minimum, double maximum, Setting setting) {
  setting.minimum = minimum;
  setting.maximum = maximum;
  return setting;
}

using E = EmbeddingsConfig;

// Upper bounds are far beyond use, yet keep every product of settings inside 64 bits and turn a
// slip of the keyboard into an error instead of an attempt to allocate.
constexpr double kMaxDim = 1 << 20;  // scikit-learn's default for HashingVectorizer.
constexpr double kMaxBatchSize = 65536;
constexpr double kMaxThreads = 1024;
constexpr double kMaxLength = 1 << 20;
constexpr double kMaxTtlDays = 36500;
constexpr double kMaxMegabytes = 1 << 24;  // 16 TiB

void AddFirstSettings(std::vector<Setting>* table) {
  table->push_back(Make<&E::enabled>(
      "ai.enabled", "Whether embeddings are computed at all; false makes the service refuse."));
  table->push_back(OneOf({"hashing", "onnx"},
                         Make<&E::backend>("ai.backend",
                                           "What computes vectors: \"onnx\" runs a model, "
                                           "\"hashing\" needs none but knows only spelling; unset "
                                           "is hashing, with a warning beside a model path.")));
  table->push_back(
      OneOf({"hashing", "error"},
            Make<&E::fallback>("ai.fallback",
                               "What happens when the ONNX backend cannot start: go on with "
                               "\"hashing\" and say so everywhere, or refuse with an \"error\".")));
}

void AddOnnxFileSettings(std::vector<Setting>* table) {
  table->push_back(Make<&E::onnx, &OnnxConfig::enabled>(
      "ai.onnx.enabled", "Must be true for backend \"onnx\" to be used."));
  table->push_back(Make<&E::onnx, &OnnxConfig::model_path>(
      "ai.onnx.model_path",
      "The .onnx file, a model folder that holds model.onnx or onnx/model.onnx, or the id of "
      "one in the hub cache."));
  table->push_back(Make<&E::onnx, &OnnxConfig::tokenizer_path>(
      "ai.onnx.tokenizer_path",
      "tokenizer.json, vocab.txt or a SentencePiece model, where it does not lie in the model's "
      "folder."));
  table->push_back(Make<&E::onnx, &OnnxConfig::library_path>(
      "ai.onnx.library_path",
      "The onnxruntime library; empty looks beside the binary, in the Python package and in the "
      "system."));
}

void AddOnnxRunSettings(std::vector<Setting>* table) {
  table->push_back(Providers(Make<&E::onnx, &OnnxConfig::providers>(
      "ai.onnx.providers",
      "Execution providers in order of preference, short or full names; the first that starts is "
      "used.")));
  table->push_back(
      OneOf({"auto", "fp32", "fp16", "int8", "bf16"},
            Make<&E::onnx, &OnnxConfig::precision>(
                "ai.onnx.precision",
                "Arithmetic of the model: \"auto\" takes the file as it is; int8 and bf16 trade a "
                "little accuracy for speed.")));
  table->push_back(SumOfPoolingModes(Make<&E::onnx, &OnnxConfig::pooling>(
      "ai.onnx.pooling",
      "How token vectors become one vector, several joined with '+'; empty is as the model folder "
      "says.")));
  table->push_back(Make<&E::onnx, &OnnxConfig::output_name>(
      "ai.onnx.output_name",
      "The graph's output that is the embedding (dense_vecs, pooler_output, text_embeds, logits); "
      "empty is sentence_embedding, else last_hidden_state or token_embeddings."));
  table->push_back(Between(0, kMaxLength,
                           Make<&E::onnx, &OnnxConfig::max_length>(
                               "ai.onnx.max_length",
                               "Longest text in tokens, special tokens included, longer ones are "
                               "cut and counted; 0 is as the model folder says.")));
  table->push_back(
      OneOf({"truncate", "error", "window"},
            Make<&E::onnx, &OnnxConfig::on_long>(
                "ai.onnx.on_long",
                "What becomes of a text longer than max_length: \"truncate\" ignores its end and "
                "counts it, \"error\" refuses it by name, \"window\" embeds it in windows that "
                "overlap by an eighth and takes their mean, weighted by tokens.")));
  table->push_back(Make<&E::onnx, &OnnxConfig::prompt_name>(
      "ai.onnx.prompt_name",
      "Name of a prompt of the model folder that is put before every text; empty is the folder's "
      "default."));
  table->push_back(Between(
      0, kMaxThreads,
      Make<&E::onnx, &OnnxConfig::intra_op_threads>(
          "ai.onnx.intra_op_threads",
          "Threads inside one model run; 0 is one for bulk work and all cores, at most 4, for a "
          "batch that has the machine to itself.")));
  table->push_back(Make<&E::onnx, &OnnxConfig::map_weights>(
      "ai.onnx.map_weights",
      "Large weights stay in the model's file, which is mapped; off copies them into memory, for "
      "files that are overwritten in place and for network disks."));
}

void AddVectorSettings(std::vector<Setting>* table) {
  table->push_back(Between(
      1, kMaxDim,
      Make<&E::dim>("ai.dim",
                    "Components of a vector: unset is the model's own (hashing: 256), smaller cuts "
                    "and renormalises, larger is an error.")));
  table->push_back(Make<&E::normalize>(
      "ai.normalize",
      "Scale each vector to length 1; unset does, except for a model that compares by dot product "
      "and has no Normalize; off gives the raw pooled vector."));
  table->push_back(
      Between(1, kMaxBatchSize,
              Make<&E::batch_size>("ai.batch_size",
                                   "Most texts in one batch; a model's are also bounded at 512 "
                                   "tokens, so that more than 256 changes nothing there.")));
  table->push_back(Between(0, kMaxThreads,
                           Make<&E::threads>("ai.threads",
                                             "Worker threads; 0 is the number of physical cores "
                                             "that this process may use.")));
}

void AddCacheSettings(std::vector<Setting>* table) {
  table->push_back(Make<&E::cache, &CacheConfig::enabled>(
      "ai.cache.enabled", "Keep computed vectors, in memory and on disk, and find them again."));
  table->push_back(Make<&E::cache, &CacheConfig::dir>(
      "ai.cache.dir",
      "Folder of the cache on disk, made when missing; null or unset is the user's own "
      "($XDG_CACHE_HOME/vetor or ~/.cache/vetor), but \"cache/embeddings\" for a config.json "
      "without this key; empty keeps nothing on disk."));
  table->push_back(Between(0, kMaxTtlDays,
                           Make<&E::cache, &CacheConfig::ttl_days>(
                               "ai.cache.ttl_days",
                               "Age in days at which a vector on disk is computed anew; 0 never "
                               "reads from disk.")));
  table->push_back(Between(1, kMaxMegabytes,
                           Make<&E::cache, &CacheConfig::max_mb>(
                               "ai.cache.max_mb",
                               "Largest size of the cache on disk in MiB; the least recently used "
                               "vectors leave first.")));
  table->push_back(Between(
      0, kMaxMegabytes,
      Make<&E::cache, &CacheConfig::memory_mb>(
          "ai.cache.memory_mb", "Largest size of the cache in memory in MiB; 0 keeps none.")));
  table->push_back(Make<&E::cache, &CacheConfig::name_space>(
      "ai.cache.namespace", "Keeps the vectors of users that share a cache folder apart."));
}

std::vector<Setting> MakeTable() {
  std::vector<Setting> table;
  AddFirstSettings(&table);
  AddOnnxFileSettings(&table);
  AddOnnxRunSettings(&table);
  AddVectorSettings(&table);
  AddCacheSettings(&table);
  const EmbeddingsConfig defaults;
  for (Setting& setting : table) setting.default_value = setting.get(defaults);
  return table;
}

std::string_view AfterPrefix(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

}  // namespace

std::string Setting::flag() const {
  const std::string_view name = AfterPrefix(key, "ai.");
  // Alone, "--enabled" is `ai.enabled`.
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
