#include "tokenizer/pre_tokenizers/byte_level.h"

#include "base/status_macros.h"
#include "base/utf8.h"
#include "tokenizer/byte_level_alphabet.h"
#include "tokenizer/known_regex.h"
#include "tokenizer/pre_tokenizers/splitting.h"

namespace vetor {

Result<std::unique_ptr<ByteLevel>> ByteLevel::Parse(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const bool add_prefix_space, node.BoolAt("add_prefix_space"));
  VETOR_ASSIGN_OR_RETURN(const bool use_regex, node.BoolOr("use_regex", true));
  return std::make_unique<ByteLevel>(add_prefix_space, use_regex);
}

void ByteLevel::Apply(PreTokenized* pre_tokenized) const {
  if (add_prefix_space_) AddPrefixSpaces(pre_tokenized);
  if (use_regex_) {
    // It matches everywhere, so there are no gaps between matches.
    const KnownRegex regex = KnownRegex::Gpt2();
    RefinePieces(pre_tokenized,
                 [&](std::string_view text, const Piece& piece, std::vector<Piece>* out) {
                   for (size_t at = 0; at < text.size();) {
                     const auto match = regex.Next(text, at);
                     out->push_back({piece.begin + match->begin, piece.begin + match->end});
                     at = match->end;
                   }
                 });
  }
  if (writes_forms_) WriteForms(pre_tokenized);
}

void ByteLevel::AddPrefixSpaces(PreTokenized* pre_tokenized) const {
  TextRewriter rewriter(&pre_tokenized->text);
  const std::string_view text = pre_tokenized->text.view();
  for (Piece& piece : pre_tokenized->pieces) {
    const size_t begin = rewriter.size();
    if (!piece.is_token() && text[piece.begin] != ' ') {
      size_t first_end = piece.begin;
      DecodeUtf8(text, &first_end);
      rewriter.Replace(" ", piece.begin, first_end);
    }
    rewriter.Keep(piece.begin, piece.end);
    piece.begin = begin;
    piece.end = rewriter.size();
  }
  rewriter.Finish();
}

void ByteLevel::WriteForms(PreTokenized* pre_tokenized) const {
  TextRewriter rewriter(&pre_tokenized->text);
  const std::string_view text = pre_tokenized->text.view();
  for (Piece& piece : pre_tokenized->pieces) {
    const size_t begin = rewriter.size();
    size_t kept = piece.begin;
    for (size_t at = piece.begin; at < piece.end && !piece.is_token(); ++at) {
      const std::string_view form = ByteLevelForm(static_cast<unsigned char>(text[at]));
      if (form.size() == 1) continue;  // Such a byte prints as itself.
      rewriter.Keep(kept, at);
      rewriter.Replace(form, at, at + 1);
      kept = at + 1;
    }
    rewriter.Keep(kept, piece.end);
    piece.begin = begin;
    piece.end = rewriter.size();
  }
  rewriter.Finish();
}

}  // namespace vetor
