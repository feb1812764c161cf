// The identity of a file: the SHA-256 of its content.
#pragma once

#include <filesystem>

#include "base/digest.h"
#include "os/file.h"
#include "vetor/status.h"

namespace vetor {

/// SHA-256 of a file's content, read a piece at a time: a process that has only hashed a large
/// model has not grown by it, and a file that is cut meanwhile is DATA_LOSS. `file` must be
/// watched.
Result<Sha256Digest> Sha256File(const std::filesystem::path& path);
Result<Sha256Digest> Sha256File(const MappedFile& file);

}  // namespace vetor
