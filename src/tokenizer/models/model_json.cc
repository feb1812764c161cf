// Which model a "model" object names.
#include "base/status_macros.h"
#include "tokenizer/model.h"
#include "tokenizer/models/wordpiece.h"

namespace vetor {

Result<std::unique_ptr<Model>> ParseModel(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const std::string_view type, node.TypeName());
  if (type == "WordPiece") {
    VETOR_ASSIGN_OR_RETURN(std::unique_ptr<Model> model, WordPiece::Parse(node));
    return model;
  }
  return node.Unknown("model", type);
}

}  // namespace vetor
