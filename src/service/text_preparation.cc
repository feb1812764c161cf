#include "service/text_preparation.h"

#include <utility>

#include "base/utf8.h"
#include "base/utf8_check.h"

namespace vetor {
namespace {

Status InvalidText(size_t row, std::string_view text, size_t offset) {
  return InvalidUtf8Error("text " + std::to_string(row), text, offset,
                          "convert it to UTF-8, or ask for replacement of invalid bytes by U+FFFD");
}

}  // namespace

Result<PreparedTexts> PreparedTexts::Make(std::span<const std::string_view> texts,
                                          std::string_view prompt, bool replace_invalid) {
  PreparedTexts prepared;
  prepared.views_.reserve(texts.size());
  for (size_t row = 0; row < texts.size(); ++row) {
    const std::string_view text = texts[row];
    const size_t invalid = FindInvalidUtf8(text);
    if (invalid != kValidUtf8 && !replace_invalid) return InvalidText(row, text, invalid);
    if (prompt.empty() && invalid == kValidUtf8) {
      prepared.views_.push_back(text);
      continue;
    }
    // Reserved once, because copies must not move while views point into them.
    if (prepared.copies_.capacity() == 0) prepared.copies_.reserve(texts.size());
    std::string copy(prompt);
    if (invalid == kValidUtf8) {
      copy.append(text);
    } else {
      copy.append(ReplaceInvalidUtf8(text));
    }
    prepared.copies_.push_back(std::move(copy));
    prepared.views_.push_back(prepared.copies_.back());
  }
  return prepared;
}

}  // namespace vetor
