// What a client wants to get, by its header Accept (RFC 9110, section 12.5.1).
#pragma once

#include "server/http/message.h"

namespace vetor {

/// Whether a client names "application/octet-stream", raw rows, and wants it at least as much as
/// JSON. One that takes every type ("*/*", "application/*") gets JSON, and so does one whose field
/// cannot be read.
bool PrefersRawRows(const HttpRequestHead& head);

}  // namespace vetor
