#include "tokenizer/pre_tokenizers/split.h"

#include "base/status_macros.h"

namespace vetor {

Result<std::unique_ptr<Split>> Split::Parse(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const JsonNode pattern_node, node.Get("pattern"));
  VETOR_ASSIGN_OR_RETURN(TextPattern pattern, TextPattern::Parse(pattern_node));
  VETOR_ASSIGN_OR_RETURN(const JsonNode behavior_node, node.Get("behavior"));
  VETOR_ASSIGN_OR_RETURN(const SplitBehavior behavior, ParseSplitBehavior(behavior_node));
  VETOR_ASSIGN_OR_RETURN(const bool invert, node.BoolAt("invert"));
  return std::make_unique<Split>(std::move(pattern), behavior, invert);
}

void Split::Apply(PreTokenized* pre_tokenized) const {
  std::vector<Stretch> stretches;
  RefinePieces(pre_tokenized,
               [&](std::string_view text, const Piece& piece, std::vector<Piece>* out) {
                 stretches.clear();
                 size_t open = 0;
                 PatternScanner matches(pattern_, text);
                 while (const auto match = matches.Next()) {
                   if (open < match->begin) stretches.push_back({open, match->begin, invert_});
                   stretches.push_back({match->begin, match->end, !invert_});
                   open = match->end;
                 }
                 if (!matches.status().ok()) pre_tokenized->text.Fail(matches.status());
                 if (open < text.size()) stretches.push_back({open, text.size(), invert_});
                 AppendSplit(&stretches, behavior_, piece.begin, out);
               });
}

}  // namespace vetor
