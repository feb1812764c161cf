#include "base/base64.h"

#include <array>
#include <cstdint>

namespace vetor {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr int8_t kNone = -1;

constexpr std::array<int8_t, 256> Inverse() {
  std::array<int8_t, 256> inverse{};
  inverse.fill(kNone);
  for (size_t i = 0; i < kAlphabet.size(); ++i) {
    inverse[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
  }
  return inverse;
}
constexpr std::array<int8_t, 256> kInverse = Inverse();

}  // namespace

std::string EncodeBase64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t count = bytes.size() - at < 3 ? bytes.size() - at : 3;
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < count ? static_cast<uint8_t>(bytes[at + i]) : 0U);
    }
    for (size_t i = 0; i < 4; ++i) {
      text += i <= count ? kAlphabet[group >> (18 - 6 * i) & 63U] : '=';
    }
  }
  return text;
}

Result<std::string> DecodeBase64(std::string_view text) {
  const Status malformed = InvalidArgumentError("not valid base64");
  if (text.size() % 4 != 0) return malformed;
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  uint32_t group = 0;
  for (size_t i = 0; i < text.size() - padding; ++i) {
    const int8_t value = kInverse[static_cast<uint8_t>(text[i])];
    if (value == kNone) return malformed;
    group = group << 6 | static_cast<uint32_t>(value);
    if (i % 4 != 0) bytes += static_cast<char>(group >> (6 - 2 * (i % 4)) & 0xFFU);
  }
  if (padding > 0 && (group & ((1U << (2 * padding)) - 1)) != 0) return malformed;
  return bytes;
}

}  // namespace vetor
