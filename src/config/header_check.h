// Whether a text can be the header Origin or the header Host of a client.
#pragma once

#include <string_view>

#include "vetor/status.h"

namespace vetor {

/// Checks an entry of ai.server.cors: "*", "null" (a page of a file), or an origin as a browser
/// writes it (RFC 6454, section 6.2): scheme and host in lower case and, unless it is the scheme's
/// own, the port; no path and no slash at the end. INVALID_ARGUMENT for a text that no browser
/// sends; it says why, and what would do if that can be seen.
Status CheckOrigin(std::string_view origin);

/// Checks an entry of ai.server.allowed_hosts: what a header Host may hold, a name or an address
/// with or without a port. INVALID_ARGUMENT for a text that no header Host holds, as "http://x".
Status CheckAllowedHost(std::string_view host);

}  // namespace vetor
