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
  std::string text((bytes.size() + 2) / 3 * 4, '=');
  const auto byte = [&bytes](size_t i) { return uint32_t{static_cast<uint8_t>(bytes[i])}; };
  char* out = text.data();
  size_t at = 0;
  // A vector is thousands of bytes, so whole groups go without a question about their end.
  for (; at + 3 <= bytes.size(); at += 3, out += 4) {
    const uint32_t group = byte(at) << 16 | byte(at + 1) << 8 | byte(at + 2);
    out[0] = kAlphabet[group >> 18];
    out[1] = kAlphabet[group >> 12 & 63U];
    out[2] = kAlphabet[group >> 6 & 63U];
    out[3] = kAlphabet[group & 63U];
  }
  const size_t left = bytes.size() - at;
  if (left == 0) return text;
  const uint32_t group = byte(at) << 16 | (left > 1 ? byte(at + 1) << 8 : 0U);
  out[0] = kAlphabet[group >> 18];
  out[1] = kAlphabet[group >> 12 & 63U];
  if (left > 1) out[2] = kAlphabet[group >> 6 & 63U];
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
