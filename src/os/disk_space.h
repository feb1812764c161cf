// Room left on the volume of a folder.
#pragma once

#include <cstdint>
#include <filesystem>

#include "vetor/status.h"

namespace vetor {

/// Bytes that this user may still write on the volume that holds `path` (statvfs(3), without the
/// blocks reserved for root). Errors as ErrnoError.
Result<uint64_t> FreeDiskBytes(const std::filesystem::path& path);

}  // namespace vetor
