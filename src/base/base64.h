// Base64 (RFC 4648, section 4): the standard alphabet, with padding.
#pragma once

#include <string>
#include <string_view>

#include "vetor/status.h"

namespace vetor {

std::string EncodeBase64(std::string_view bytes);

/// INVALID_ARGUMENT for anything that EncodeBase64 does not write: other characters, missing
/// padding, bits left over.
Result<std::string> DecodeBase64(std::string_view text);

}  // namespace vetor
