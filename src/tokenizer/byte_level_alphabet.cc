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

}  // namespace

std::string_view ByteLevelForm(unsigned char byte) {
  static const auto& forms = *new std::array<std::string, 256>(BuildForms());
  return forms[byte];
}

}  // namespace vetor
