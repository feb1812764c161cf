// Which pre-tokenizer a "pre_tokenizer" object names.
#include <utility>

#include "base/status_macros.h"
#include "tokenizer/pre_tokenizer.h"
#include "tokenizer/pre_tokenizers/bert_pre_tokenizer.h"

namespace vetor {

Result<std::unique_ptr<PreTokenizer>> ParsePreTokenizer(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const std::string_view type, node.TypeName());
  if (type == "BertPreTokenizer") {
    return std::unique_ptr<PreTokenizer>(std::make_unique<BertPreTokenizer>());
  }
  return node.Unknown("pre-tokenizer", type);
}

}  // namespace vetor
