// What a request's head must keep beyond what a parser asks for, so that no server in front of this
// one can read the same bytes as other requests (RFC 9112, sections 2, 3, 5 and 6).
//
// Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/message.h"

namespace vetor {

/// Why a request is refused: a status of RequestHandler::Refusal and a sentence for the client.
struct HttpRefusal {
  int status = 400;
  std::string reason;
};

/// How far a head was looked at that comes in pieces. Start with a new one for each request.
struct HeadScan {
  size_t looked_at = 0;
  std::optional<HttpRefusal> refusal;
};

/// "[::1]:8080" and "localhost:8080" without the port and its colon.
std::string_view WithoutPort(std::string_view host);

/// The length of the head at the start of `bytes`, its empty line included; 0 if it is not complete
/// or `scan->refusal` is set. Refuses control characters, lines that end in a bare LF or CR, and
/// continued lines (obs-fold). Call it again with the same bytes and more.
size_t FindHeadEnd(std::string_view bytes, HeadScan* scan);

/// Where the body of a request ends, and what becomes of the connection.
struct RequestFraming {
  uint64_t content_length = 0;
  bool chunked = false;
  bool keep_alive = true;
  bool expects_continue = false;  ///< The client waits for 100 before it sends the body.
  bool http_1_0 = false;

  bool has_body() const { return chunked || content_length > 0; }
};

/// Reads `target` into path and query of `head`. Takes the forms "/path?query", "http://host/path"
/// (the authority replaces Host, as RFC 9112, section 3.2.2 says) and, for OPTIONS, "*" (path "*").
/// REQUIRES: head->method and head->fields are there.
std::optional<HttpRefusal> ReadTarget(std::string_view target, HttpRequestHead* head);

/// Checks the fields of a head and reads its framing. `version` is 10 or 11.
std::optional<HttpRefusal> ReadFraming(const HttpRequestHead& head, int version,
                                       RequestFraming* framing);

}  // namespace vetor
