// Trims the offsets of tokens as the post-processors ByteLevel and RobertaProcessing do if the file
// says "trim_offsets": the spaces of a token are not part of its offsets.
#pragma once

#include <functional>
#include <string_view>

#include "tokenizer/tokenizer.h"

namespace vetor {

/// The settings of one such post-processor.
struct RangeTrim {
  /// True if a text's first space may be one that the tokenizer added.
  bool add_prefix_space = true;
};

/// The text of a token as the model knows it; for an added token, as it stands in the text.
using TokenText = std::function<std::string_view(int64_t id, TokenOffsets range)>;

/// Trims the ranges of `encoding` and of its windows; they are places in `text`. As in the
/// reference, the spaces are counted in the token (U+0120, which stands for a space, or
/// whitespace), and that many characters are taken off in the text.
void TrimRanges(const RangeTrim& trim, std::string_view text, const TokenText& token_text,
                Encoding* encoding);

}  // namespace vetor
