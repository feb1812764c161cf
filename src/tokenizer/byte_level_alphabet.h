// GPT-2's alphabet writes each of the 256 bytes as a printable character, so that a BPE over
// characters works on bytes. A byte that prints as itself keeps its code point; the others take
// U+0100, U+0101, ... in order.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace vetor {

/// The UTF-8 form (one or two bytes) of the character that stands for `byte`. Thread-safe.
std::string_view ByteLevelForm(unsigned char byte);

/// The byte whose form begins at `*at`, and moves `*at` past the form; nothing if what begins there
/// is no form. REQUIRES: *at < text.size(). Thread-safe.
std::optional<unsigned char> TakeByteLevelForm(std::string_view text, size_t* at);

}  // namespace vetor
