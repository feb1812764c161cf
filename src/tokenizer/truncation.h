// Cuts one text or a pair to a length or into windows, and puts the template around each. The rules
// are those of the reference's truncate_encodings, Encoding::truncate and Encoding::merge.
#pragma once

#include <optional>
#include <vector>

#include "tokenizer/post_processor.h"
#include "tokenizer/tokenizer.h"

namespace vetor {

/// The tokens of each text without special tokens. After Truncate, their overflow holds the
/// windows.
struct EncodedTexts {
  Encoding first;
  std::optional<Encoding> second;
};

/// Whether the stride fits into a window of one text; the reference checks this even if nothing
/// will be cut. `added_to_single` is the number of special tokens around one text.
Status CheckStride(const TruncationOptions& options, size_t added_to_single);

/// `added_tokens` is the number of special tokens that the template will add. Errors:
/// INVALID_ARGUMENT.
Status Truncate(const TruncationOptions& options, size_t added_tokens, EncodedTexts* texts);

/// Joins the texts and the special tokens in the template's order. If there are windows, every
/// window of the first text is joined with every window of the second; all but the first are
/// overflow. `has_ranges` gives special tokens places too, which are empty.
Encoding ApplyTemplate(const std::vector<TemplatePart>& parts, bool add_special_tokens,
                       bool has_ranges, const EncodedTexts& texts);

}  // namespace vetor
