#include "engine/long_text.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/status_macros.h"

namespace vetor {
namespace {

// Where the parts of an encoded text lie: special tokens, prompt, content, special tokens.
struct Parts {
  size_t prompt_end = 0;  ///< End of the leading special tokens and the prompt's tokens.
  size_t content_end = 0;
};

Parts FindParts(const Encoding& encoding, size_t prompt_bytes) {
  const size_t size = encoding.ids.size();
  Parts parts;
  while (parts.prompt_end < size && encoding.special_tokens_mask[parts.prompt_end] == 1) {
    ++parts.prompt_end;
  }
  // A token that reaches from the prompt into the text (BPE joins a space to the next word) belongs
  // to the text.
  while (prompt_bytes > 0 && parts.prompt_end < size &&
         encoding.special_tokens_mask[parts.prompt_end] == 0 &&
         encoding.offsets[parts.prompt_end].end <= prompt_bytes) {
    ++parts.prompt_end;
  }
  parts.content_end = size;
  while (parts.content_end > parts.prompt_end &&
         encoding.special_tokens_mask[parts.content_end - 1] == 1) {
    --parts.content_end;
  }
  return parts;
}

void Append(const std::vector<int64_t>& from, size_t begin, size_t end, std::vector<int64_t>* to) {
  to->insert(to->end(), from.begin() + static_cast<std::ptrdiff_t>(begin),
             from.begin() + static_cast<std::ptrdiff_t>(end));
}

}  // namespace

Result<std::vector<TokenSequence>> CutIntoWindows(const Tokenizer& tokenizer,
                                                  const LongText& text) {
  VETOR_ASSIGN_OR_RETURN(
      const Encoding whole,
      tokenizer.EncodeWindows(text.text, std::nullopt, {.offsets = text.prompt_bytes > 0}));
  const Parts parts = FindParts(whole, text.prompt_bytes);
  const size_t around = parts.prompt_end + (whole.ids.size() - parts.content_end);
  if (around >= text.max_length) {
    return InvalidArgumentError(
        "special tokens and prompt take " + std::to_string(around) +
        " tokens, which in a window of " + std::to_string(text.max_length) +
        " leaves no room for the text; raise max_length or shorten the prompt");
  }
  const size_t room = text.max_length - around;
  const size_t step = room - room / kWindowOverlap;
  const bool typed = std::any_of(whole.type_ids.begin(), whole.type_ids.end(),
                                 [](int64_t type) { return type != 0; });
  std::vector<TokenSequence> windows;
  for (size_t begin = parts.prompt_end;; begin += step) {
    const size_t end = std::min(begin + room, parts.content_end);
    TokenSequence& window = windows.emplace_back();
    const auto fill = [&](const std::vector<int64_t>& from, std::vector<int64_t>* to) {
      Append(from, 0, parts.prompt_end, to);
      Append(from, begin, end, to);
      Append(from, parts.content_end, from.size(), to);
    };
    fill(whole.ids, &window.ids);
    if (typed) fill(whole.type_ids, &window.type_ids);
    if (end == parts.content_end) return windows;
  }
}

Status TooLongError(const Tokenizer& tokenizer, const LongText& text, size_t index) {
  TokenSequence whole;
  VETOR_RETURN_IF_ERROR(tokenizer.Encode(text.text, {}, &whole));
  return InvalidArgumentError("text " + std::to_string(index) + " has " +
                              std::to_string(whole.ids.size()) + " tokens, the maximum is " +
                              std::to_string(text.max_length) + "; " +
                              std::string(kLongTextRemedy));
}

}  // namespace vetor
