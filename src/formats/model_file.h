// Finds the faults that a model's file can have before anything is read from it: it is absent, a
// directory, a dead link, empty, a Git LFS pointer, or unreadable. Each fault has its own message
// and remedy.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "os/file.h"
#include "vetor/status.h"

namespace vetor {

/// Maps a regular file with content, and watches it for changes. `what` ("the model graph") and
/// `remedy` go into the message. Errors: NOT_FOUND (with the target of a dead link),
/// INVALID_ARGUMENT (not a regular file), PERMISSION_DENIED, DATA_LOSS (empty, or a Git LFS
/// pointer).
Result<MappedFile> MapModelFile(const std::filesystem::path& path, std::string_view what,
                                std::string_view remedy);

/// As MapModelFile, but reads into memory. For small files: a map could be cut while it is read.
Result<std::string> ReadModelFile(const std::filesystem::path& path, std::string_view what,
                                  std::string_view remedy);

/// True if something other than a directory exists at `path`. A dead link counts, because such a
/// file is to be reported and not passed over.
bool FileIsThere(const std::filesystem::path& path);

}  // namespace vetor
