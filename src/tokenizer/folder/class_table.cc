#include "tokenizer/folder/class_table.h"

#include <algorithm>

namespace vetor {

const TokenizerClass* FindTokenizerClass(std::string_view name) {
  const auto* const found =
      std::find_if(kTokenizerClassTable.begin(), kTokenizerClassTable.end(),
                   [&](const TokenizerClass& row) { return row.name == name; });
  return found == kTokenizerClassTable.end() ? nullptr : found;
}

std::string_view ClassOfModelType(std::string_view model_type) {
  const auto* const found =
      std::find_if(kModelTypeTable.begin(), kModelTypeTable.end(),
                   [&](const ModelTypeClass& row) { return row.model_type == model_type; });
  return found == kModelTypeTable.end() ? std::string_view() : found->tokenizer_class;
}

}  // namespace vetor
