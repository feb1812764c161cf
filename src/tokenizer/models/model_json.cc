#include "tokenizer/models/model_json.h"

#include "base/status_macros.h"
#include "tokenizer/models/bpe.h"
#include "tokenizer/models/unigram.h"
#include "tokenizer/models/word_level.h"
#include "tokenizer/models/wordpiece.h"

namespace vetor {
namespace {

// Older files do not name the model; the reference tries them in this order.
std::string_view GuessType(const JsonNode& node) {
  const auto* object = node.value().if_object();
  if (object == nullptr) return {};
  const auto* vocab = object->if_contains("vocab");
  if (vocab != nullptr && vocab->is_array()) return "Unigram";
  if (object->contains("merges")) return "BPE";
  return object->contains("continuing_subword_prefix") ? "WordPiece" : "WordLevel";
}

template <typename T>
Result<std::unique_ptr<Model>> ParseAs(const JsonNode& node, TableReader* tables) {
  VETOR_ASSIGN_OR_RETURN(std::unique_ptr<Model> model, T::Parse(node, tables));
  return model;
}

}  // namespace

Result<std::unique_ptr<Model>> ParseModel(const JsonNode& node, TableReader* tables) {
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> type_node, node.Find("type"));
  std::string_view type = GuessType(node);
  if (type_node) {
    VETOR_ASSIGN_OR_RETURN(type, type_node->String());
  }
  if (type == "WordPiece") return ParseAs<WordPiece>(node, tables);
  if (type == "Unigram") return ParseAs<Unigram>(node, tables);
  if (type == "BPE") return ParseAs<Bpe>(node, tables);
  if (type == "WordLevel") return ParseAs<WordLevel>(node, tables);
  return node.Unknown("model", type);
}

}  // namespace vetor
