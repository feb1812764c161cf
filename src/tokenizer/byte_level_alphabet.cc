#include "tokenizer/byte_level_alphabet.h"

#include <array>
#include <string>

#include "base/utf8.h"

namespace vetor {
namespace {

bool PrintsAsItself(unsigned byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

std::array<std::string, 256> BuildForms() {
  std::array<std::string, 256> forms;
  char32_t next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) {
    AppendUtf8(PrintsAsItself(byte) ? byte : next++, &forms[byte]);
  }
  return forms;
}

// The last character of the alphabet is U+0143, so a form is one or two bytes.
constexpr size_t kForms = 0x144;

std::array<int, kForms> BuildBytes() {
  std::array<int, kForms> bytes;
  bytes.fill(-1);
  for (unsigned byte = 0; byte < 256; ++byte) {
    const std::string_view form = ByteLevelForm(static_cast<unsigned char>(byte));
    size_t end = 0;
    bytes[DecodeUtf8(form, &end)] = static_cast<int>(byte);
  }
  return bytes;
}

}  // namespace

std::string_view ByteLevelForm(unsigned char byte) {
  static const auto& forms = *new std::array<std::string, 256>(BuildForms());
  return forms[byte];
}

std::optional<unsigned char> TakeByteLevelForm(std::string_view text, size_t* at) {
  static const std::array<int, kForms> kBytes = BuildBytes();
  const auto lead = static_cast<unsigned char>(text[*at]);
  const size_t size = lead < 0x80 ? 1 : 2;
  if (lead >= 0xE0 || *at + size > text.size()) return std::nullopt;
  size_t end = *at;
  const char32_t form = DecodeUtf8(text, &end);
  if (form >= kForms || kBytes[form] < 0) return std::nullopt;
  *at = end;
  return static_cast<unsigned char>(kBytes[form]);
}

}  // namespace vetor
