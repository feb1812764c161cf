// The faults of a model's files before anything is read from them: absent, a directory, a
// dead link, empty, a Git LFS pointer, unreadable. Each has its own words and remedy.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "os/file.h"
#include "vetor/status.h"

namespace vetor {

/// A watched map of a regular file with content. `what` ("the model graph") and `remedy` go into
/// the message. Errors: NOT_FOUND (with the target of a dead link), INVALID_ARGUMENT (not a regular
/// file), PERMISSION_DENIED, DATA_LOSS (empty, or a Git LFS pointer).
Result<MappedFile> MapModelFile(const std::filesystem::path& path, std::string_view what,
                                std::string_view remedy);

/// The same, read into memory: for small files, of which no map may be cut under a reader.
Result<std::string> ReadModelFile(const std::filesystem::path& path, std::string_view what,
                                  std::string_view remedy);

/// True when there is something at `path` that is not a directory, a dead link included: such a
/// file shall be reported, not passed over.
bool FileIsThere(const std::filesystem::path& path);

}  // namespace vetor
