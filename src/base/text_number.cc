#include "base/text_number.h"

#include <charconv>
#include <string_view>
#include <system_error>

namespace vetor {

std::optional<TextError> TakeTextError(const std::string& message) {
  constexpr std::string_view kStart = "text ";
  if (!message.starts_with(kStart)) return std::nullopt;
  TextError taken;
  const char* const end = message.data() + message.size();
  const auto number = std::from_chars(message.data() + kStart.size(), end, taken.index);
  if (number.ec != std::errc() || number.ptr == end) return std::nullopt;
  const std::string_view rest(number.ptr, static_cast<size_t>(end - number.ptr));
  if (rest.starts_with(": ")) {
    taken.rest = rest.substr(2);
  } else if (rest.starts_with(' ')) {
    taken.rest = "the text" + std::string(rest);
  } else {
    return std::nullopt;
  }
  return taken;
}

}  // namespace vetor
