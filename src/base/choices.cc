#include "vetor/choices.h"

#include <fmt/format.h>

namespace vetor {

Status UnknownChoiceError(std::string_view what, std::string_view text,
                          std::span<const std::string> names) {
  std::string listed;
  for (size_t i = 0; i < names.size(); ++i) {
    const bool last = i + 1 == names.size();
    listed += fmt::format("{}\"{}\"", i == 0 ? "" : last ? " or " : ", ", names[i]);
  }
  return InvalidArgumentError(fmt::format("{} is \"{}\", expected {}", what, text, listed));
}

}  // namespace vetor
