#include "base/json.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/digest.h"
#include "base/status_macros.h"
#include "base/utf8.h"

namespace vetor {
namespace {

namespace json = boost::json;

// Builds the DOM and counts the keys it was given. Boost.JSON keeps the last of duplicate keys
// silently; a count that differs from the DOM's shows that there were some, at no cost when not.
class DomHandler {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  using Code = json::error_code;
  using View = json::string_view;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) { return true; }
  bool on_object_end(std::size_t n, Code&) {
    keys_ += n;
    stack_.push_object(n);
    return true;
  }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t n, Code&) {
    stack_.push_array(n);
    return true;
  }
  bool on_key_part(View part, std::size_t, Code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_key(View rest, std::size_t, Code&) {
    stack_.push_key(rest);
    return true;
  }
  bool on_string_part(View part, std::size_t, Code&) {
    stack_.push_chars(part);
    return true;
  }
  bool on_string(View rest, std::size_t, Code&) {
    stack_.push_string(rest);
    return true;
  }
  bool on_number_part(View, Code&) { return true; }
  bool on_int64(std::int64_t number, View, Code&) {
    stack_.push_int64(number);
    return true;
  }
  bool on_uint64(std::uint64_t number, View, Code&) {
    stack_.push_uint64(number);
    return true;
  }
  // Boost multiplies mantissa and power of ten: it makes 0 times infinity of "0e400".
  bool on_double(double number, View, Code&) {
    stack_.push_double(std::isnan(number) ? 0.0 : number);
    return true;
  }
  bool on_bool(bool boolean, Code&) {
    stack_.push_bool(boolean);
    return true;
  }
  bool on_null(Code&) {
    stack_.push_null();
    return true;
  }
  bool on_comment_part(View, Code&) { return true; }
  bool on_comment(View, Code&) { return true; }

  std::size_t keys() const { return keys_; }
  json::value Release() { return stack_.release(); }
  void Reset() { stack_.reset(); }

 private:
  json::value_stack stack_;
  std::size_t keys_ = 0;
};

// Only run when duplicates are known to exist: finds the first one's name.
class DuplicateFinder {
 public:
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  using Code = json::error_code;
  using View = json::string_view;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) {
    open_.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, Code&) {
    open_.pop_back();
    return true;
  }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(std::size_t, Code&) { return true; }
  bool on_key_part(View part, std::size_t, Code&) {
    key_.append(part.data(), part.size());
    return true;
  }
  bool on_key(View rest, std::size_t, Code&) {
    key_.append(rest.data(), rest.size());
    if (!open_.back().insert(key_).second && first_.empty()) first_ = key_;
    key_.clear();
    return true;
  }
  bool on_string_part(View, std::size_t, Code&) { return true; }
  bool on_string(View, std::size_t, Code&) { return true; }
  bool on_number_part(View, Code&) { return true; }
  bool on_int64(std::int64_t, View, Code&) { return true; }
  bool on_uint64(std::uint64_t, View, Code&) { return true; }
  bool on_double(double, View, Code&) { return true; }
  bool on_bool(bool, Code&) { return true; }
  bool on_null(Code&) { return true; }
  bool on_comment_part(View, Code&) { return true; }
  bool on_comment(View, Code&) { return true; }

  const std::string& first() const { return first_; }

 private:
  std::vector<std::unordered_set<std::string>> open_;
  std::string key_;
  std::string first_;
};

json::parse_options StrictOptions() {
  json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  return options;
}

// Depth is bounded by kMaxJsonDepth, so recursion is safe.
std::size_t CountKeys(const json::value& value) {
  std::size_t keys = 0;
  if (const auto* object = value.if_object()) {
    keys += object->size();
    for (const auto& member : *object) keys += CountKeys(member.value());
  } else if (const auto* array = value.if_array()) {
    for (const auto& element : *array) {
      if (element.is_structured()) keys += CountKeys(element);
    }
  }
  return keys;
}

std::string LineAndColumn(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  std::size_t line = 1;
  std::size_t line_start = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] == '\n') {
      ++line;
      line_start = i + 1;
    }
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(offset - line_start + 1);
}

constexpr std::size_t kEscapeBytes = 6;  // Of "\ud83d".

// The number of an escape \uXXXX at `at`; -1 if there is none.
int EscapedUnit(std::string_view text, std::size_t at) {
  if (text.size() < at + kEscapeBytes || text.substr(at, 2) != "\\u") return -1;
  int unit = 0;
  const char* end = text.data() + at + kEscapeBytes;
  const auto [stop, error] = std::from_chars(text.data() + at + 2, end, unit, 16);
  return error == std::errc() && stop == end && unit >= 0 ? unit : -1;
}

bool IsHighSurrogate(int unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool IsLowSurrogate(int unit) { return unit >= 0xDC00 && unit < 0xE000; }

// The first lone surrogate at `from` or after it, which is not inside an escape.
std::size_t FindLoneSurrogateFrom(std::string_view text, std::size_t from) {
  while ((from = text.find('\\', from)) != std::string_view::npos) {
    const int unit = EscapedUnit(text, from);
    if (IsLowSurrogate(unit)) return from;
    if (IsHighSurrogate(unit)) {
      if (!IsLowSurrogate(EscapedUnit(text, from + kEscapeBytes))) return from;
      from += kEscapeBytes;
    }
    // Of "\\" both bytes, so that the second begins no escape.
    from += unit >= 0 ? kEscapeBytes : 2;
  }
  return std::string_view::npos;
}

// By its mark, or by the zero half of the first character, which is ASCII in JSON.
bool IsUtf16(std::string_view text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) return true;
  return text.size() >= 2 && (text[0] == '\0') != (text[1] == '\0');
}

// What stands at the fault, and what JSON wants there; empty if the parser's own words say it.
std::string DescribeSyntaxFault(std::string_view text, std::size_t offset) {
  if (offset >= text.size()) return "";
  const char c = text[offset];
  if (c <= ' ' || c > '~') return "";  // A control character, or a part of another one.
  std::string found = std::string("found '") + c + "'";
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t last = text.substr(0, offset).find_last_not_of(kBlank);
  if (last == std::string_view::npos) return found + ", expected JSON, which begins with { or [";
  if (c == '/' || c == '#') return found + "; JSON has no comments";
  if (c == '\'') return found + "; names and texts stand in double quotes";
  if (text[last] == ',' && (c == '}' || c == ']')) {
    return found + " after a comma; take the comma away";
  }
  return found;
}

Status ParseFailure(std::string_view text, std::string_view what, std::size_t offset,
                    const json::error_code& error) {
  std::string message(what);
  // The parser ends at every lone surrogate, so one before the place where it ended is the cause.
  const std::size_t lone = FindLoneSurrogate(text);
  if (lone <= offset) {
    message += ": not valid JSON at " + LineAndColumn(text, lone) + ": " +
               std::string(text.substr(lone, kEscapeBytes)) +
               " is a lone surrogate, half of a pair that stands for one character; write the "
               "whole pair or the character itself";
    return InvalidArgumentError(std::move(message));
  }
  if (IsUtf16(text)) {
    return InvalidArgumentError(message + ": not valid JSON: this is UTF-16; save it as UTF-8");
  }
  const std::size_t invalid = FindInvalidUtf8(text);
  if (invalid <= offset) {
    return InvalidArgumentError(message + ": not valid JSON at " + LineAndColumn(text, invalid) +
                                ": the byte 0x" + Hex(text.substr(invalid, 1)) +
                                " is not UTF-8 there; save the text as UTF-8");
  }
  message += ": not valid JSON at " + LineAndColumn(text, offset) + ": " + error.message();
  if (error == json::error::syntax) {
    const std::string fault = DescribeSyntaxFault(text, offset);
    if (!fault.empty()) message += ", " + fault;
  }
  if (error == json::error::too_deep) {
    message += " (more than " + std::to_string(kMaxJsonDepth) + " levels)";
  }
  return InvalidArgumentError(std::move(message));
}

// Of duplicate keys the last one is in the DOM; `keys` counts all.
Result<json::value> Parse(std::string_view text, std::string_view what, std::size_t* keys) {
  json::basic_parser<DomHandler> parser(StrictOptions());
  json::error_code error;
  const std::size_t consumed = parser.write_some(false, text.data(), text.size(), error);
  if (!error && consumed < text.size()) error = json::error::extra_data;
  if (error) return ParseFailure(text, what, consumed, error);
  *keys = parser.handler().keys();
  return parser.handler().Release();
}

// A number that Python writes and JSON does not have, and a JSON number far outside of useful
// values that stands for it until the text is parsed. It has spaces around it, so that it does not
// join another digit.
struct Constant {
  std::string_view name;
  std::string_view stand_in;
};

constexpr Constant kConstants[] = {
    {"NaN", " 1e-306 "}, {"Infinity", " 1e306 "}, {"-Infinity", " -1e306 "}};
constexpr double kHuge = 1e305;
constexpr double kTiny = 1e-305;

// `text` with a number for each constant outside of strings; false if there is none.
bool ReplaceConstants(std::string_view text, std::string* replaced) {
  bool in_string = false;
  bool found = false;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (in_string && c == '\\') {
      *replaced += text.substr(i, 2);
      i += 2;
      continue;
    }
    in_string ^= c == '"';
    const auto* const constant =
        in_string
            ? std::end(kConstants)
            : std::find_if(std::begin(kConstants), std::end(kConstants), [&](const Constant& one) {
                return text.substr(i, one.name.size()) == one.name;
              });
    const bool is_constant = constant != std::end(kConstants);
    *replaced += is_constant ? constant->stand_in : text.substr(i, 1);
    i += is_constant ? constant->name.size() : 1;
    found |= is_constant;
  }
  return found;
}

// Depth is bounded by kMaxJsonDepth, so recursion is safe.
void PutConstants(json::value* value) {
  if (auto* object = value->if_object()) {
    for (auto& member : *object) PutConstants(&member.value());
  } else if (auto* array = value->if_array()) {
    for (auto& element : *array) PutConstants(&element);
  } else if (const double* number = value->if_double()) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const double found = *number;
    if (found > kHuge) *value = kInfinity;
    if (found < -kHuge) *value = -kInfinity;
    if (found > 0 && found < kTiny) *value = std::numeric_limits<double>::quiet_NaN();
  }
}

}  // namespace

Result<json::value> ParseJson(std::string_view text, std::string_view what) {
  std::size_t keys = 0;
  VETOR_ASSIGN_OR_RETURN(json::value value, Parse(text, what, &keys));
  if (CountKeys(value) != keys) {
    json::error_code error;
    json::basic_parser<DuplicateFinder> finder(StrictOptions());
    finder.write_some(false, text.data(), text.size(), error);
    return InvalidArgumentError(std::string(what) + ": key \"" + finder.handler().first() +
                                "\" occurs twice in one object; keep one");
  }
  return value;
}

Result<json::value> ParseJsonAsPython(std::string_view text, std::string_view what) {
  std::size_t keys = 0;
  Result<json::value> value = Parse(text, what, &keys);
  std::string replaced;
  if (value.ok() || !ReplaceConstants(text, &replaced)) return value;
  value = Parse(replaced, what, &keys);
  if (value.ok()) PutConstants(&*value);
  return value;
}

std::size_t FindLoneSurrogate(std::string_view text) { return FindLoneSurrogateFrom(text, 0); }

std::string ReplaceLoneSurrogates(std::string_view text) {
  std::string replaced(text);
  for (std::size_t at = 0; (at = FindLoneSurrogateFrom(replaced, at)) != std::string::npos;) {
    replaced.replace(at, kEscapeBytes, "\\ufffd");
    at += kEscapeBytes;
  }
  return replaced;
}

const char* JsonTypeName(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "true or false";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_:
      return "a number";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
  }
  return "an unknown type";
}

}  // namespace vetor
