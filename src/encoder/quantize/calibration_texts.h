// The texts from which the quantiser learns how large each channel gets.
#pragma once

#include <span>
#include <string_view>

namespace vetor {

/// 48 short texts written for this purpose: English, Portuguese, Spanish, German, French, Italian,
/// Japanese, Chinese, Arabic, Russian, Hindi, Korean, Turkish, code, numbers, motorsport. Which
/// channels are outliers is a property of the model much more than of the text: on MiniLM 500 other
/// texts give int8 vectors no nearer to fp32's (docs/quality.md).
std::span<const std::string_view> CalibrationTexts();

}  // namespace vetor
