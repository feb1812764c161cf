// Trims the offsets of tokens as the post-processors ByteLevel and RobertaProcessing do if the file
// says "trim_offsets": a token's spaces do not belong to its offsets.
#pragma once

#include <functional>
#include <string_view>

#include "tokenizer/tokenizer.h"

namespace vetor {

/// One such post-processor.
struct RangeTrim {
  bool add_prefix_space = true;  ///< A text's first space may be one that was put there.
};

/// A token as the model knows it, or as it stands in the text if it is an added one.
using TokenText = std::function<std::string_view(int64_t id, TokenOffsets range)>;

/// Trims the ranges of `encoding`, which are places in `text`, and of its windows. As in the
/// reference, spaces are counted in the token (U+0120, which stands for a space, or whitespace)
/// and that many characters are taken off in the text.
void TrimRanges(const RangeTrim& trim, std::string_view text, const TokenText& token_text,
                Encoding* encoding);

}  // namespace vetor
