#include "tokenizer/text_pattern.h"

#include "base/status_macros.h"

namespace vetor {

Result<TextPattern> TextPattern::Parse(const JsonNode& node) {
  TextPattern pattern;
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> literal, node.Find("String"));
  if (literal) {
    VETOR_ASSIGN_OR_RETURN(const std::string_view text, literal->String());
    if (text.empty()) return literal->Expected("a string that is not empty");
    pattern.literal_ = text;
    return pattern;
  }
  VETOR_ASSIGN_OR_RETURN(const JsonNode regex, node.Get("Regex"));
  VETOR_ASSIGN_OR_RETURN(const std::string_view text, regex.String());
  pattern.regex_ = KnownRegex::Find(text);
  if (!pattern.regex_) return regex.Unknown("regular expression", text);
  return pattern;
}

std::optional<KnownRegex::Match> TextPattern::Next(std::string_view text, size_t at) const {
  if (regex_) return regex_->Next(text, at);
  const size_t begin = text.find(literal_, at);
  if (begin == std::string_view::npos) return std::nullopt;
  return KnownRegex::Match{begin, begin + literal_.size()};
}

}  // namespace vetor
