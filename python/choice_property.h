// Choices of options, which Python sees by their names.
#pragma once

#include <nanobind/nanobind.h>

#include <optional>
#include <string>
#include <vector>

#include "python/exceptions.h"
#include "vetor/choices.h"

namespace vetor::python {

/// The names of a choice, of a list of choices, or of a choice that may be unset (the empty text).
template <NamedChoice E>
std::string ToNames(E value) {
  return std::string(ToString(value));
}
template <NamedChoice E>
std::vector<std::string> ToNames(const std::vector<E>& values) {
  std::vector<std::string> names;
  for (const E value : values) names.emplace_back(ToString(value));
  return names;
}
template <NamedChoice E>
std::string ToNames(const std::optional<E>& value) {
  return value ? ToNames(*value) : std::string();
}

template <NamedChoice E>
void FromNames(const std::string& name, const char* what, E* value) {
  *value = ValueOrThrow(Parse<E>(name, what));
}
template <NamedChoice E>
void FromNames(const std::vector<std::string>& names, const char* what, std::vector<E>* values) {
  *values = ValueOrThrow(ParseAll<E>(names, what));
}
template <NamedChoice E>
void FromNames(const std::string& name, const char* what, std::optional<E>* value) {
  value->reset();
  if (!name.empty()) *value = ValueOrThrow(Parse<E>(name, what));
}

/// Defines the attribute `name` of a class of options. Setting it raises InvalidArgument for an
/// unknown name.
template <typename Options, typename Member>
void DefineChoice(nanobind::class_<Options>* bound, const char* name, Member Options::*member) {
  using Names = decltype(ToNames(Member()));
  bound->def_prop_rw(
      name, [member](const Options& options) { return ToNames(options.*member); },
      [member, name](Options& options, const Names& names) {
        FromNames(names, name, &(options.*member));
      });
}

}  // namespace vetor::python
