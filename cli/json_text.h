// JSON as people like to read it: numbers as 0.913, where Boost.JSON writes 9.13E-1, and every
// control character escaped, also those that JSON would let through to a terminal.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace vetor::cli {

/// On one line, without spaces. Doubles in the shortest form that reads back the same.
std::string JsonLine(const boost::json::value& value);

/// Objects with a line a member; arrays and all else on one line.
std::string IndentedJson(const boost::json::value& value);

}  // namespace vetor::cli
