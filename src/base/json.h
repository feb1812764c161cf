// Strict JSON (UTF-8, bounded depth, no trailing bytes, no duplicate keys) with errors that name
// the place; and what Python takes for JSON.
#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "vetor/status.h"

namespace vetor {

/// Deepest nesting accepted; a config or tokenizer needs fewer than 10.
inline constexpr int kMaxJsonDepth = 64;

/// Parses `text`; `what` (a path, "request body") starts the message, which says line and column
/// of the fault. Duplicate keys and lone surrogates: INVALID_ARGUMENT. A number beyond 1.8e308 is
/// infinite, as in Python; none is NaN. The result owns its memory.
Result<boost::json::value> ParseJson(std::string_view text, std::string_view what);

/// As Python's json module reads a text: of duplicate keys the last one counts, and NaN, Infinity
/// and -Infinity are numbers. For files that programs in Python write and read.
Result<boost::json::value> ParseJsonAsPython(std::string_view text, std::string_view what);

/// The offset of the first escape in `text`, a JSON text, that is half of a surrogate pair
/// ("\ud83d" without "\ude00" after it), or npos. Such an escape stands for no character (RFC 8259,
/// section 8.2), so ParseJson refuses it; other programs write it if they cut a text inside a pair.
size_t FindLoneSurrogate(std::string_view text);
/// `text` with each such escape as \ufffd.
std::string ReplaceLoneSurrogates(std::string_view text);

/// A value's type in words: "a string", "an array", "null", ...
const char* JsonTypeName(const boost::json::value& value);

}  // namespace vetor
