#include "tokenizer/text_pattern.h"

#include <utility>

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
  VETOR_ASSIGN_OR_RETURN(const JsonNode node_of_regex, node.Get("Regex"));
  VETOR_ASSIGN_OR_RETURN(const std::string_view text, node_of_regex.String());
  pattern.known_ = KnownRegex::Find(text);
  if (pattern.known_) return pattern;
  Result<regex::Regex> compiled = regex::Regex::Compile(text);
  if (!compiled.ok()) {
    return node_of_regex.Unknown("regular expression", text, compiled.status().message());
  }
  pattern.regex_ = *std::move(compiled);
  return pattern;
}

std::optional<regex::Match> PatternScanner::Next() {
  if (scanner_) return scanner_->Next();
  std::optional<regex::Match> match;
  if (pattern_.known_) {
    match = pattern_.known_->Next(text_, at_);
  } else if (const size_t begin = text_.find(pattern_.literal_, at_);
             begin != std::string_view::npos) {
    match = regex::Match{begin, begin + pattern_.literal_.size()};
  }
  if (match) at_ = match->end;
  return match;
}

}  // namespace vetor
