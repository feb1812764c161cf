#include "tokenizer/pre_tokenizers/pre_tokenizer_json.h"

#include <utility>

#include "base/status_macros.h"
#include "base/utf8.h"
#include "tokenizer/pre_tokenizers/bert_pre_tokenizer.h"
#include "tokenizer/pre_tokenizers/byte_level.h"
#include "tokenizer/pre_tokenizers/metaspace.h"
#include "tokenizer/pre_tokenizers/simple_pre_tokenizers.h"
#include "tokenizer/pre_tokenizers/split.h"

namespace vetor {
namespace {

using PreTokenizerResult = Result<std::unique_ptr<PreTokenizer>>;

template <typename T, typename... Arguments>
PreTokenizerResult Make(Arguments&&... arguments) {
  return std::unique_ptr<PreTokenizer>(std::make_unique<T>(std::forward<Arguments>(arguments)...));
}

template <typename T>
PreTokenizerResult ParseAs(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(std::unique_ptr<PreTokenizer> pre_tokenizer, T::Parse(node));
  return pre_tokenizer;
}

PreTokenizerResult ParsePunctuation(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> behavior, node.Find("behavior"));
  if (!behavior) return Make<Punctuation>(SplitBehavior::kIsolated);
  VETOR_ASSIGN_OR_RETURN(const SplitBehavior parsed, ParseSplitBehavior(*behavior));
  return Make<Punctuation>(parsed);
}

PreTokenizerResult ParseDigits(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const bool individual, node.BoolAt("individual_digits"));
  return Make<Digits>(individual);
}

PreTokenizerResult ParseCharDelimiterSplit(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const JsonNode delimiter, node.Get("delimiter"));
  VETOR_ASSIGN_OR_RETURN(const std::string_view text, delimiter.String());
  size_t end = 0;
  const char32_t c = text.empty() ? 0 : DecodeUtf8(text, &end);
  if (text.empty() || end != text.size()) return delimiter.Expected("one character");
  return Make<CharDelimiterSplit>(c);
}

PreTokenizerResult ParseFixedLength(const JsonNode& node) {
  constexpr size_t kDefaultLength = 5;
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> length, node.Find("length"));
  if (!length) return Make<FixedLength>(kDefaultLength);
  VETOR_ASSIGN_OR_RETURN(const int64_t code_points, length->Integer(1, INT32_MAX));
  return Make<FixedLength>(static_cast<size_t>(code_points));
}

PreTokenizerResult ParseSequence(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const JsonNode list, node.Get("pretokenizers"));
  VETOR_ASSIGN_OR_RETURN(const std::vector<JsonNode> elements, list.Elements());
  std::vector<std::unique_ptr<PreTokenizer>> parts;
  for (const JsonNode& element : elements) {
    VETOR_ASSIGN_OR_RETURN(std::unique_ptr<PreTokenizer> part, ParsePreTokenizer(element));
    parts.push_back(std::move(part));
  }
  return Make<PreTokenizerSequence>(std::move(parts));
}

}  // namespace

PreTokenizerResult ParsePreTokenizer(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const std::string_view type, node.TypeName());
  if (type == "BertPreTokenizer") return Make<BertPreTokenizer>();
  if (type == "Metaspace") return ParseAs<Metaspace>(node);
  if (type == "ByteLevel") return ParseAs<ByteLevel>(node);
  if (type == "Split") return ParseAs<Split>(node);
  if (type == "Whitespace") return Make<Whitespace>();
  if (type == "WhitespaceSplit") return Make<WhitespaceSplit>();
  if (type == "Punctuation") return ParsePunctuation(node);
  if (type == "Digits") return ParseDigits(node);
  if (type == "CharDelimiterSplit") return ParseCharDelimiterSplit(node);
  if (type == "FixedLength") return ParseFixedLength(node);
  if (type == "UnicodeScripts") return Make<UnicodeScripts>();
  if (type == "Sequence") return ParseSequence(node);
  return node.Unknown("pre-tokenizer", type);
}

}  // namespace vetor
