#include "tokenizer/pre_tokenizers/metaspace.h"

#include "base/status_macros.h"
#include "base/utf8.h"

namespace vetor {
namespace {

Result<Metaspace::PrependScheme> ParseScheme(const JsonNode& node) {
  using Scheme = Metaspace::PrependScheme;
  VETOR_ASSIGN_OR_RETURN(const std::string_view name, node.String());
  if (name == "always") return Scheme::kAlways;
  if (name == "first") return Scheme::kFirst;
  if (name == "never") return Scheme::kNever;
  return node.Expected("\"always\", \"first\" or \"never\"");
}

}  // namespace

Result<std::unique_ptr<Metaspace>> Metaspace::Parse(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const JsonNode replacement_node, node.Get("replacement"));
  VETOR_ASSIGN_OR_RETURN(const std::string_view replacement, replacement_node.String());
  size_t first_end = 0;
  if (!replacement.empty()) DecodeUtf8(replacement, &first_end);
  if (replacement.empty() || first_end != replacement.size()) {
    return replacement_node.Expected("one character");
  }
  PrependScheme scheme = PrependScheme::kAlways;
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> prepend, node.Find("prepend_scheme"));
  if (prepend) {
    VETOR_ASSIGN_OR_RETURN(scheme, ParseScheme(*prepend));
  }
  VETOR_ASSIGN_OR_RETURN(const bool add_prefix_space, node.BoolOr("add_prefix_space", true));
  if (!add_prefix_space && scheme != PrependScheme::kNever) {
    return node.Fault("add_prefix_space is false, which contradicts its prepend_scheme");
  }
  VETOR_ASSIGN_OR_RETURN(const bool split, node.BoolOr("split", true));
  return std::make_unique<Metaspace>(std::string(replacement), scheme, split);
}

void Metaspace::Apply(PreTokenized* pre_tokenized) const {
  TextRewriter rewriter(&pre_tokenized->text);
  pre_tokenized->next_pieces.clear();
  for (const Piece& piece : pre_tokenized->pieces) {
    const size_t begin = rewriter.size();
    if (piece.is_token()) {
      rewriter.Keep(piece.begin, piece.end);
      pre_tokenized->next_pieces.push_back({begin, rewriter.size(), piece.token});
    } else {
      RewritePiece(piece, pre_tokenized, &rewriter);
    }
  }
  rewriter.Finish();
  pre_tokenized->pieces.swap(pre_tokenized->next_pieces);
}

// Splitting keeps each replacement character with the text after it, so every one of them begins a
// piece.
void Metaspace::RewritePiece(const Piece& piece, PreTokenized* pre_tokenized,
                             TextRewriter* rewriter) const {
  const std::string_view text = pre_tokenized->text.view();
  std::vector<Piece>& pieces = pre_tokenized->next_pieces;
  const auto replacement_at = [&](size_t at) {
    return text[at] == replacement_[0] && text.substr(at).starts_with(replacement_);
  };
  size_t open = rewriter->size();
  const auto end_piece = [&](size_t end) {
    if (open < end) pieces.push_back({open, end, Piece::kNoToken});
    open = end;
  };
  if (prepend_ != PrependScheme::kNever && text[piece.begin] != ' ' &&
      !replacement_at(piece.begin)) {
    size_t first_end = piece.begin;
    DecodeUtf8(text, &first_end);
    if (prepend_ == PrependScheme::kAlways ||
        pre_tokenized->text.OriginOf(piece.begin, first_end).begin == 0) {
      rewriter->Replace(replacement_, piece.begin, first_end);
    }
  }
  size_t kept = piece.begin;
  for (size_t at = piece.begin; at < piece.end; ++at) {
    const bool is_space = text[at] == ' ';
    if (!is_space && !replacement_at(at)) continue;
    rewriter->Keep(kept, at);
    kept = at;
    if (split_) end_piece(rewriter->size());
    if (!is_space) continue;
    rewriter->Replace(replacement_, at, at + 1);
    kept = at + 1;
  }
  rewriter->Keep(kept, piece.end);
  end_piece(rewriter->size());
}

}  // namespace vetor
