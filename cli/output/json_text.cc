#include "cli/output/json_text.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "base/terminal_text.h"

namespace vetor::cli {
namespace {

// `indent` < 0 writes one line. The depth of recursion is bounded: ParseJson bounds that of rows,
// and our own objects are flat.
void Append(const boost::json::value& value, int indent, std::string* out) {
  const auto new_line = [out](int spaces) {
    if (spaces >= 0) out->append("\n").append(static_cast<size_t>(spaces), ' ');
  };
  if (const auto* number = value.if_double(); number != nullptr && std::isfinite(*number)) {
    *out += fmt::format("{}", *number);
  } else if (const auto* array = value.if_array()) {
    *out += '[';
    for (const boost::json::value& element : *array) {
      if (&element != array->begin()) *out += ',';
      Append(element, -1, out);
    }
    *out += ']';
  } else if (const auto* object = value.if_object()) {
    const int inner = indent < 0 ? -1 : indent + 2;
    *out += '{';
    for (const auto& member : *object) {
      if (&member != object->begin()) *out += ',';
      new_line(inner);
      *out +=
          EscapeControlsInJson(boost::json::serialize(member.key())) + (indent < 0 ? ":" : ": ");
      Append(member.value(), inner, out);
    }
    if (!object->empty()) new_line(indent);
    *out += '}';
  } else {
    *out += EscapeControlsInJson(boost::json::serialize(value));
  }
}

}  // namespace

std::string JsonLine(const boost::json::value& value) {
  std::string text;
  Append(value, -1, &text);
  return text;
}

JsonObjectText& JsonObjectText::AddText(std::string_view name, std::string_view text) {
  return AddJson(name,
                 EscapeControlsInJson(boost::json::serialize(boost::json::string_view(text))));
}

JsonObjectText& JsonObjectText::AddJson(std::string_view name, std::string_view json) {
  if (members_.size() > 1) members_ += ',';
  members_ += fmt::format("\"{}\":{}", name, json);
  return *this;
}

std::string IndentedJson(const boost::json::value& value) {
  std::string text;
  Append(value, 0, &text);
  return text;
}

}  // namespace vetor::cli
