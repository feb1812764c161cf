#include "tokenizer/folder/class_table.h"

#include <algorithm>

namespace vetor {

bool NextClassToken(std::string_view* rest, ClassToken* token) {
  if (rest->empty()) return false;
  const std::string_view entry = rest->substr(0, rest->find(' '));
  rest->remove_prefix(std::min(rest->size(), entry.size() + 1));
  const size_t first = entry.find(':');
  const size_t second = entry.find(':', first + 1);
  *token = {entry.substr(0, first), entry.substr(first + 1, second - first - 1),
            entry.substr(second + 1)};
  return true;
}

std::string_view OwnKey(std::string_view class_name, std::string_view usual) {
  struct Row {
    std::string_view class_name;
    std::string_view usual;
    std::string_view key;
  };
  constexpr Row kRows[] = {
      {"CodeLlamaTokenizer", "\xE2\x96\x81<PRE>", "prefix_token"},
      {"CodeLlamaTokenizer", "\xE2\x96\x81<MID>", "middle_token"},
      {"CodeLlamaTokenizer", "\xE2\x96\x81<SUF>", "suffix_token"},
      {"CodeLlamaTokenizer", "\xE2\x96\x81<EOT>", "eot_token"},
      {"SplinterTokenizer", "[QUESTION]", "question_token"},
  };
  for (const Row& row : kRows) {
    if (row.class_name == class_name && row.usual == usual) return row.key;
  }
  return "";
}

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
