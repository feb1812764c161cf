// Numbers of things, as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vetor {

/// "12,345"
std::string WithThousands(uint64_t number);
/// "1 text", "12,345 texts"; of a noun that takes an s.
std::string Counted(uint64_t number, std::string_view noun);

}  // namespace vetor
