#include "tokenizer/normalizers/normalizer_json.h"

#include <utility>

#include "base/status_macros.h"
#include "tokenizer/normalizers/bert_normalizer.h"
#include "tokenizer/normalizers/precompiled.h"
#include "tokenizer/normalizers/replace.h"
#include "tokenizer/normalizers/simple_normalizers.h"
#include "tokenizer/normalizers/unicode_normalizers.h"

namespace vetor {
namespace {

using unicode::NormalizationForm;
using NormalizerResult = Result<std::unique_ptr<Normalizer>>;

template <typename T, typename... Arguments>
NormalizerResult Make(Arguments&&... arguments) {
  return std::unique_ptr<Normalizer>(std::make_unique<T>(std::forward<Arguments>(arguments)...));
}

NormalizerResult ParseBert(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(std::unique_ptr<Normalizer> normalizer, BertNormalizer::Parse(node));
  return normalizer;
}

NormalizerResult ParsePrecompiled(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(std::unique_ptr<Normalizer> normalizer, Precompiled::Parse(node));
  return normalizer;
}

NormalizerResult ParseStrip(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const bool left, node.BoolAt("strip_left"));
  VETOR_ASSIGN_OR_RETURN(const bool right, node.BoolAt("strip_right"));
  return Make<Strip>(left, right);
}

NormalizerResult ParsePrepend(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const std::string_view prefix, node.StringAt("prepend"));
  return Make<Prepend>(std::string(prefix));
}

NormalizerResult ParseReplace(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const JsonNode pattern_node, node.Get("pattern"));
  VETOR_ASSIGN_OR_RETURN(TextPattern pattern, TextPattern::Parse(pattern_node));
  VETOR_ASSIGN_OR_RETURN(const std::string_view content, node.StringAt("content"));
  return Make<Replace>(std::move(pattern), std::string(content));
}

NormalizerResult ParseSequence(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const JsonNode list, node.Get("normalizers"));
  VETOR_ASSIGN_OR_RETURN(const std::vector<JsonNode> elements, list.Elements());
  std::vector<std::unique_ptr<Normalizer>> parts;
  for (const JsonNode& element : elements) {
    VETOR_ASSIGN_OR_RETURN(std::unique_ptr<Normalizer> part, ParseNormalizer(element));
    parts.push_back(std::move(part));
  }
  return Make<NormalizerSequence>(std::move(parts));
}

}  // namespace

NormalizerResult ParseNormalizer(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const std::string_view type, node.TypeName());
  if (type == "BertNormalizer") return ParseBert(node);
  if (type == "Strip") return ParseStrip(node);
  if (type == "StripAccents") return Make<StripAccents>();
  if (type == "NFC") return Make<UnicodeNormalizer>(NormalizationForm::kNfc);
  if (type == "NFD") return Make<UnicodeNormalizer>(NormalizationForm::kNfd);
  if (type == "NFKC") return Make<UnicodeNormalizer>(NormalizationForm::kNfkc);
  if (type == "NFKD") return Make<UnicodeNormalizer>(NormalizationForm::kNfkd);
  if (type == "Lowercase") return Make<Lowercase>();
  if (type == "Nmt") return Make<Nmt>();
  if (type == "Precompiled") return ParsePrecompiled(node);
  if (type == "Prepend") return ParsePrepend(node);
  if (type == "Replace") return ParseReplace(node);
  if (type == "ByteLevel") return Make<ByteLevelNormalizer>();
  if (type == "Sequence") return ParseSequence(node);
  return node.Unknown("normalizer", type);
}

}  // namespace vetor
