// What a program may not give to a public function: a number that is none of its enumeration, a
// path with a NUL character, which the system would cut there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "vetor/choices.h"

namespace vetor {

/// The name of `value`, or its number if it is none of the enumeration.
template <NamedChoice E>
std::string NameOrNumber(E value) {
  const std::string_view name = ToString(value);
  return name.empty() ? std::to_string(static_cast<int64_t>(value)) : std::string(name);
}

/// INVALID_ARGUMENT for a value that is none of the enumeration; `what` it was given for.
template <NamedChoice E>
Status CheckChoice(E value, std::string_view what) {
  if (!ToString(value).empty()) return Status();
  return UnknownChoiceError(what, NameOrNumber(value), NamesOf<E>());
}

/// INVALID_ARGUMENT for a NUL character in `path`; `what` it was given for.
inline Status CheckPath(std::string_view path, std::string_view what) {
  const size_t nul = path.find('\0');
  if (nul == std::string_view::npos) return Status();
  return InvalidArgumentError(std::string(what) + " is a path with a NUL character at byte " +
                              std::to_string(nul) + "; expected a path without one");
}

}  // namespace vetor
