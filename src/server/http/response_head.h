// The bytes in front of a response's body.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/http/message.h"

namespace vetor {

struct ResponseFraming {
  bool keep_alive = true;
  bool http_1_0 = false;  ///< The request was: its client learns of keep_alive by a field.
  std::string_view date;  ///< "Sat, 28 Nov 2026 12:00:00 GMT"
};

/// Status line, fields and the empty line. Adds Date, Content-Length and Connection and leaves
/// those of `response` out. Control characters in names and values of fields become spaces, so that
/// a value can never begin another field.
std::string FormatResponseHead(const HttpResponse& response, const ResponseFraming& framing);

/// Whether a response of that status may have a body and its length.
bool StatusHasBody(int status);

/// "Not Found"; "Status" for a status without a name.
std::string_view ReasonPhrase(int status);

/// `seconds` since 1970 as a field Date has it.
std::string FormatHttpDate(int64_t seconds);

}  // namespace vetor
