// What becomes of a text that is longer than the model's maximum.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/tokenizer.h"
#include "vetor/choices.h"
#include "vetor/status.h"

namespace vetor {

/// Neighbouring windows share one part in eight of a window's room beside special tokens and
/// prompt: a sentence that one window cuts is mostly whole in the next, at the cost of an eighth
/// more work.
inline constexpr size_t kWindowOverlap = 8;

/// A text in windows of at most `max_length` tokens, each with the special tokens around it and the
/// prompt (the text's first `prompt_bytes` bytes) in front, as a text of its own would have them.
/// A text that fits gives one window, equal to what Tokenizer::Encode gives. REQUIRES: valid UTF-8.
/// INVALID_ARGUMENT when special tokens and prompt leave no room for a token of the text.
struct LongText {
  std::string_view text;
  size_t prompt_bytes = 0;
  size_t max_length = 0;
};
Result<std::vector<TokenSequence>> CutIntoWindows(const Tokenizer& tokenizer, const LongText& text);

/// How the error of a text that is too long ends; a server says the same in words of its own.
inline constexpr std::string_view kLongTextRemedy =
    "shorten it, or set on_long to \"truncate\" or \"window\"";

/// The error of on_long "error"; `index` is the text's place in its call.
Status TooLongError(const Tokenizer& tokenizer, const LongText& text, size_t index);

}  // namespace vetor
