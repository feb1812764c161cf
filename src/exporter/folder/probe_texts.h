// The texts whose vectors an exported model carries with it.
#pragma once

#include <span>
#include <string_view>

namespace vetor {

/// Eight short texts in as many languages: together they touch every part of a tokenizer's rules
/// (accents, case, CJK, right-to-left, digits, punctuation), and they are computed at every load.
std::span<const std::string_view> ProbeTexts();

}  // namespace vetor
