#include "base/utf8_check.h"

#include <fmt/format.h>

namespace vetor {

Status InvalidUtf8Error(std::string_view what, std::string_view text, size_t offset,
                        std::string_view remedy) {
  return InvalidArgumentError(fmt::format("{} is not valid UTF-8 at byte {} (0x{:02X}); {}", what,
                                          offset, static_cast<unsigned char>(text[offset]),
                                          remedy));
}

}  // namespace vetor
