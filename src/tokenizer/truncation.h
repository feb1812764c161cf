// Cuts one text or a pair to a length, or into windows, and puts the template around each, by the
// rules of the reference's truncate_encodings, Encoding::truncate and Encoding::merge.
#pragma once

#include <optional>
#include <vector>

#include "tokenizer/post_processor.h"
#include "tokenizer/tokenizer.h"

namespace vetor {

/// Tokens of each text without special tokens; after Truncate their overflow holds the windows.
struct EncodedTexts {
  Encoding first;
  std::optional<Encoding> second;
};

/// Whether the stride fits into a window of one text, which the reference asks for even if nothing
/// will be cut. `added_to_single`: special tokens around one text.
Status CheckStride(const TruncationOptions& options, size_t added_to_single);

/// `added_tokens`: special tokens that the template will add. Errors: INVALID_ARGUMENT.
Status Truncate(const TruncationOptions& options, size_t added_tokens, EncodedTexts* texts);

/// Joins the texts and the special tokens in the template's order. With windows, every window of
/// the first text is joined with every window of the second; all but the first are overflow.
/// `has_ranges`: special tokens get places too, empty ones.
Encoding ApplyTemplate(const std::vector<TemplatePart>& parts, bool add_special_tokens,
                       bool has_ranges, const EncodedTexts& texts);

}  // namespace vetor
