// JSON as people like to read it: numbers as 0.913, where Boost.JSON writes 9.13E-1, and every
// control character escaped, also those that JSON allows but a terminal would obey.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace vetor::cli {

/// On one line, without spaces. Doubles in the shortest form that reads back the same.
std::string JsonLine(const boost::json::value& value);

/// An object on one line; it takes values, and texts that are JSON already. Names are plain:
/// nothing in them is escaped.
class JsonObjectText {
 public:
  JsonObjectText& Add(std::string_view name, const boost::json::value& value) {
    return AddJson(name, JsonLine(value));
  }
  JsonObjectText& AddText(std::string_view name, std::string_view text);
  /// `json` is taken as it is.
  JsonObjectText& AddJson(std::string_view name, std::string_view json);
  std::string ToString() const { return members_ + "}"; }

 private:
  std::string members_ = "{";
};

/// Objects with one line per member; arrays and all other values on one line.
std::string IndentedJson(const boost::json::value& value);

}  // namespace vetor::cli
