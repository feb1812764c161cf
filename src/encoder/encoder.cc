#include "encoder/encoder.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "base/utf8.h"
#include "encoder/families/family.h"
#include "encoder/unused_layers.h"

namespace vetor {
namespace {

struct Family {
  std::string_view model_type;
  std::string_view class_prefix;  // Prefix of the names in config.json's "architectures".
  Result<Encoder> (*read)(const Checkpoint& checkpoint);
  bool own_code = false;  // The family is defined by code beside the model ("auto_map").
};

constexpr std::array kFamilies = {
    Family{"bert", "Bert", ReadBert},
    Family{"roberta", "Roberta", ReadRoberta},
    Family{"xlm-roberta", "XLMRoberta", ReadRoberta},
    Family{"camembert", "Camembert", ReadRoberta},
    Family{"mpnet", "MPNet", ReadMpnet},
    Family{"distilbert", "DistilBert", ReadDistilbert},
    Family{"modernbert", "ModernBert", ReadModernbert},
    Family{"nomic_bert", "NomicBert", ReadNomicBert, true},
    Family{"new", "New", ReadNew, true},
    Family{"qwen3", "Qwen3", ReadQwen3},
    Family{"gemma3_text", "Gemma3", ReadGemma3},
};

std::string KnownFamilies() {
  std::string text;
  for (const Family& family : kFamilies) {
    if (!text.empty()) text += ", ";
    text += family.model_type;
  }
  return text;
}

std::string_view TextOf(const boost::json::value* value) {
  return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                : std::string_view();
}

// The first of "architectures", e.g. "BertForMaskedLM"; empty without one.
std::string_view Architecture(const boost::json::object& config) {
  const boost::json::value* list = config.if_contains("architectures");
  if (list == nullptr || !list->is_array() || list->get_array().empty()) return {};
  return TextOf(&list->get_array().front());
}

// Whether a class name belongs to the family: "BertModel" does, "BertJapaneseModel" and
// "JinaBertModel" do not.
bool IsClassOf(const Family& family, std::string_view architecture) {
  if (!architecture.starts_with(family.class_prefix)) return false;
  architecture.remove_prefix(family.class_prefix.size());
  return architecture.starts_with("Model") || architecture.starts_with("For") ||
         architecture.starts_with("TextModel") || architecture == "LMHeadModel";
}

Result<const Family*> ChooseFamily(const boost::json::object& config) {
  const std::string_view type = TextOf(config.if_contains("model_type"));
  const std::string_view architecture = Architecture(config);
  for (const Family& family : kFamilies) {
    const bool same_class = architecture.empty() || IsClassOf(family, architecture);
    const bool same_type = type.empty() ? !architecture.empty() : type == family.model_type;
    if (same_type && same_class) return &family;
  }
  return UnimplementedError("config.json: model_type " + Quoted(type) + ", architecture " +
                            Quoted(architecture) +
                            " is not an encoder that vetor knows; it knows " + KnownFamilies() +
                            "; " + kUseGraphOfAuthors);
}

// A model that calls itself "bert" and has code of its own is computed by that code, and would get
// other vectors here (jina-embeddings-v3 calls itself "xlm-roberta").
Status CheckOwnCode(const boost::json::object& config, const Family& family) {
  const boost::json::value* map = config.if_contains("auto_map");
  if (map == nullptr || map->is_null()) return Status();
  if (!map->is_object()) {
    return UnimplementedError(
        std::string("config.json: auto_map is ") + JsonTypeName(*map) +
        ", expected an object; a model with code of its own may differ from the " +
        Quoted(family.model_type) + " that it is called; " + kUseGraphOfAuthors);
  }
  for (const auto& [key, value] : map->get_object()) {
    if (!std::string_view(key).starts_with("AutoModel")) continue;
    const std::string_view code = TextOf(&value);
    if (family.own_code && IsClassOf(family, code.substr(code.rfind('.') + 1))) continue;
    return UnimplementedError("config.json: auto_map computes the model with code of its own, " +
                              Quoted(code) + ", so it is not the plain " +
                              Quoted(family.model_type) +
                              " that it is called, which has other vectors; " + kUseGraphOfAuthors);
  }
  return Status();
}

bool IsOn(const boost::json::value& value) {
  if (value.is_bool()) return value.get_bool();
  // Python's rule for truth, except that words for false are false.
  if (value.is_string()) {
    std::string word(value.get_string());
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return !word.empty() && word != "false" && word != "0" && word != "no" && word != "off" &&
           word != "none";
  }
  return value.is_number() && value.to_number<double>() != 0;
}

// Attention with linear biases (Press et al. 2022, arXiv 2108.12409) in place of positions.
Status CheckNoAlibi(const boost::json::object& config) {
  for (const auto& [key, value] : config) {
    if (std::string_view(key).find("alibi") == std::string_view::npos || !IsOn(value)) continue;
    return UnimplementedError("config.json: " + Quoted(key) +
                              " is on, and vetor has no encoder with ALiBi positions; " +
                              kUseGraphOfAuthors);
  }
  return Status();
}

// The name without the prefixes that programs add when they train or save a model: DataParallel,
// torch.compile and a pickled SentenceTransformer, one after the other.
std::string_view WithoutWrappers(std::string_view name) {
  constexpr std::array<std::string_view, 4> kWrappers = {"module.", "_orig_mod.", "0.",
                                                         "auto_model."};
  while (true) {
    const auto wrapper = std::find_if(kWrappers.begin(), kWrappers.end(), [&](std::string_view w) {
      return name.size() > w.size() && name.starts_with(w);
    });
    if (wrapper == kWrappers.end()) return name;
    name.remove_prefix(wrapper->size());
  }
}

// "cls.predictions" of "module.cls.predictions.transform.dense.weight".
std::string PartOf(std::string_view name) {
  name = WithoutWrappers(name);
  const size_t first = name.find('.');
  return std::string(name.substr(0, first == name.npos ? first : name.find('.', first + 1)));
}

// Notes which tensors are read, so that the others can be reported.
class NotedCheckpoint final : public Checkpoint {
 public:
  explicit NotedCheckpoint(const Checkpoint& checkpoint) : checkpoint_(checkpoint) {}

  const std::filesystem::path& folder() const override { return checkpoint_.folder(); }
  const boost::json::object& config() const override { return checkpoint_.config(); }
  std::vector<std::string> names() const override { return checkpoint_.names(); }
  std::vector<const MappedFile*> files() const override { return checkpoint_.files(); }
  std::string OtherDtype(std::string_view name) const override {
    return checkpoint_.OtherDtype(name);
  }
  void DropPages() const override { checkpoint_.DropPages(); }
  const TensorView* Find(std::string_view name) const override {
    const TensorView* tensor = checkpoint_.Find(name);
    if (tensor != nullptr) used_.emplace(name);
    return tensor;
  }

  std::string UnusedLayers() const { return DescribeUnusedLayers(checkpoint_.names(), used_); }

  std::vector<std::string> LeftOut() const {
    std::map<std::string, size_t> parts;
    for (const std::string& name : checkpoint_.names()) {
      if (!used_.contains(name)) ++parts[PartOf(name)];
    }
    std::vector<std::string> texts;
    texts.reserve(parts.size());
    for (const auto& [part, tensors] : parts) {
      texts.push_back(ReplaceInvalidUtf8(part) + " (" + std::to_string(tensors) +
                      (tensors == 1 ? " tensor)" : " tensors)"));
    }
    return texts;
  }

 private:
  const Checkpoint& checkpoint_;
  mutable std::set<std::string, std::less<>> used_;
};

// "base_model.model.encoder.layer.0....lora_A.weight"
Status CheckNoAdapter(const Checkpoint& checkpoint) {
  for (const std::string& name : checkpoint.names()) {
    if (name.find(".lora_") == std::string::npos &&
        name.find(".base_layer.") == std::string::npos) {
      continue;
    }
    return UnimplementedError("tensor " + Quoted(name) +
                              " is an adapter's (LoRA) that was not merged; merge it into its base "
                              "(merge_and_unload of peft) and export the result");
  }
  return Status();
}

Status CheckIsWhatItIsCalled(const Checkpoint& checkpoint, const Family& family) {
  VETOR_RETURN_IF_ERROR(CheckOwnCode(checkpoint.config(), family));
  VETOR_RETURN_IF_ERROR(CheckNoAlibi(checkpoint.config()));
  return CheckNoAdapter(checkpoint);
}

}  // namespace

Result<Encoder> ReadEncoder(std::shared_ptr<const Checkpoint> checkpoint) {
  const std::string where = checkpoint->folder().string();
  const auto family = ChooseFamily(checkpoint->config());
  if (!family.ok()) return family.status().WithContext(where);
  VETOR_RETURN_IF_ERROR(CheckIsWhatItIsCalled(*checkpoint, **family).WithContext(where));
  const NotedCheckpoint noted(*checkpoint);
  Result<Encoder> encoder = (*family)->read(noted);
  if (!encoder.ok()) return encoder.status().WithContext(where);
  if (encoder->layers.empty()) {
    return InvalidArgumentError(where + ": config.json asks for a model without layers");
  }
  if (encoder->max_positions < 1) {
    return InvalidArgumentError(where +
                                ": config.json leaves no position for a token: pad_token_id and "
                                "max_position_embeddings contradict each other");
  }
  encoder->family = (*family)->model_type;
  encoder->left_out = noted.LeftOut();
  encoder->unused_layers = noted.UnusedLayers();
  encoder->weights = std::move(checkpoint);
  return encoder;
}

}  // namespace vetor
