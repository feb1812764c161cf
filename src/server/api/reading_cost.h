// What a body takes in memory while it is read.
#pragma once

#include <cstdint>
#include <string_view>

namespace vetor {

/// Bytes that a JSON body may become while it is read: its texts twice, and each value, list and
/// object that it says. An estimate from above, by the marks between values; those inside texts do
/// not count. `body` need not be JSON.
uint64_t BytesOfReading(std::string_view body);

}  // namespace vetor
