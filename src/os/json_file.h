// A file of strict JSON (base/json.h).
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <filesystem>

#include "vetor/status.h"

namespace vetor {

/// Reads and parses a file of at most `max_bytes`.
Result<boost::json::value> ReadJsonFile(const std::filesystem::path& path,
                                        uint64_t max_bytes = 256ULL << 20);

}  // namespace vetor
