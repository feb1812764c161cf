// How a pre-tokenizer cuts pieces: it marks each stretch of a piece as delimiter or not, and a
// behaviour decides what becomes of the delimiters.
#pragma once

#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "tokenizer/pre_tokenizer.h"

namespace vetor {

enum class SplitBehavior {
  kRemoved,             ///< the-final--end on '-': the, final, end
  kIsolated,            ///< the, -, final, -, -, end
  kMergedWithPrevious,  ///< the-, final-, -, end
  kMergedWithNext,      ///< the, -final, -, -end
  kContiguous,          ///< the, -, final, --, end
};

/// "Removed", "Isolated", ...
Result<SplitBehavior> ParseSplitBehavior(const JsonNode& node);

/// A stretch of a piece; places are counted from where the piece begins.
struct Stretch {
  size_t begin;
  size_t end;
  bool is_delimiter;
};

/// Appends the pieces that `behavior` makes of `stretches`, which cover a piece. `base` is where
/// the piece begins. `stretches` is consumed.
void AppendSplit(std::vector<Stretch>* stretches, SplitBehavior behavior, size_t base,
                 std::vector<Piece>* pieces);

/// Replaces every piece that is not a token by the pieces that refine(view, piece, out) appends to
/// `out`.
template <typename Refine>
void RefinePieces(PreTokenized* pre_tokenized, const Refine& refine) {
  std::vector<Piece>& out = pre_tokenized->next_pieces;
  out.clear();
  const std::string_view text = pre_tokenized->text.view();
  for (const Piece& piece : pre_tokenized->pieces) {
    if (piece.is_token()) {
      out.push_back(piece);
    } else {
      refine(text.substr(piece.begin, piece.end - piece.begin), piece, &out);
    }
  }
  pre_tokenized->pieces.swap(out);
}

/// The stretches of `piece` if every code point that is_delimiter accepts is a delimiter of its
/// own.
template <typename IsDelimiter>
void MarkCodePoints(std::string_view piece, const IsDelimiter& is_delimiter,
                    std::vector<Stretch>* stretches) {
  stretches->clear();
  size_t open = 0;
  for (size_t at = 0; at < piece.size();) {
    const size_t begin = at;
    if (!is_delimiter(DecodeUtf8(piece, &at))) continue;
    if (open < begin) stretches->push_back({open, begin, false});
    stretches->push_back({begin, at, true});
    open = at;
  }
  if (open < piece.size()) stretches->push_back({open, piece.size(), false});
}

/// Splits every piece at the code points that is_delimiter accepts.
template <typename IsDelimiter>
void SplitAtCodePoints(PreTokenized* pre_tokenized, SplitBehavior behavior,
                       const IsDelimiter& is_delimiter) {
  std::vector<Stretch> stretches;
  RefinePieces(pre_tokenized,
               [&](std::string_view text, const Piece& piece, std::vector<Piece>* out) {
                 MarkCodePoints(text, is_delimiter, &stretches);
                 AppendSplit(&stretches, behavior, piece.begin, out);
               });
}

}  // namespace vetor
