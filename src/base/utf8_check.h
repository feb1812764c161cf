// The error of a text that is not UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

#include "vetor/status.h"

namespace vetor {

/// INVALID_ARGUMENT: `what`, which is `text`, is not valid UTF-8 at byte `offset`; with that byte
/// and the remedy. REQUIRES: offset < text.size().
Status InvalidUtf8Error(std::string_view what, std::string_view text, size_t offset,
                        std::string_view remedy = "convert it to UTF-8");

}  // namespace vetor
