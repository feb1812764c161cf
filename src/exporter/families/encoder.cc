#include "exporter/encoder.h"

#include <array>
#include <string>
#include <string_view>

#include "base/model_file.h"
#include "base/status_macros.h"
#include "exporter/families/family.h"

namespace vetor {
namespace {

struct Family {
  std::string_view model_type;
  std::string_view class_prefix;  // Of the names in config.json's "architectures".
  Result<Encoder> (*read)(const Checkpoint& checkpoint);
};

constexpr std::array kFamilies = {
    Family{"bert", "Bert", ReadBert},
    Family{"roberta", "Roberta", ReadRoberta},
    Family{"xlm-roberta", "XLMRoberta", ReadRoberta},
    Family{"camembert", "Camembert", ReadRoberta},
    Family{"mpnet", "MPNet", ReadMpnet},
    Family{"distilbert", "DistilBert", ReadDistilbert},
    Family{"modernbert", "ModernBert", ReadModernbert},
    Family{"nomic_bert", "NomicBert", ReadNomicBert},
    Family{"new", "New", ReadNew},
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

// A name says what follows its family: "BertModel", not "BertJapaneseModel" or "JinaBertModel".
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
                            Quoted(architecture) + " cannot be exported; there are " +
                            KnownFamilies());
}

}  // namespace

Result<Encoder> ReadEncoder(std::shared_ptr<const Checkpoint> checkpoint) {
  const std::string where = checkpoint->folder().string();
  const auto family = ChooseFamily(checkpoint->config());
  if (!family.ok()) return family.status().WithContext(where);
  Result<Encoder> encoder = (*family)->read(*checkpoint);
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
  encoder->checkpoint = std::move(checkpoint);
  return encoder;
}

}  // namespace vetor
