// The texts whose vectors an exported model carries with it.
#pragma once

#include <span>
#include <string_view>

namespace vetor {

/// Eight texts in as many languages, which together touch every part of a tokenizer's rules
/// (accents, case, CJK, right-to-left, digits, punctuation). They are short, because every load
/// computes them: 64 tokens with MiniLM's tokenizer.
std::span<const std::string_view> ProbeTexts();

}  // namespace vetor
