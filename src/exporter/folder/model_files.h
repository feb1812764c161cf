// Writes the small files of an exported model. Each is written whole, or an error names it.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <string_view>

#include "vetor/status.h"

namespace vetor {

/// Also makes the folders above `file`. Errors: those of ErrnoError, with RESOURCE_EXHAUSTED for a
/// full disk.
Status WriteModelFile(const std::filesystem::path& file, std::string_view bytes);

/// Writes JSON with one member per line, as Python's json.dumps(indent=2) does, and a line feed at
/// the end.
Status WriteModelJson(const std::filesystem::path& file, const boost::json::value& value);

/// Reads a configuration of the model in the folder `root`. Errors: those of CheckInsideModel and
/// ReadModelConfig.
Result<boost::json::object> ReadSourceConfig(const std::filesystem::path& root,
                                             const std::filesystem::path& file);

/// Copies a file of the model in the folder `root`. A hub cache consists of links, so links are
/// followed as CheckInsideModel says. Errors: those of CheckInsideModel, MapModelFile and
/// WriteModelFile.
Status CopyModelFile(const std::filesystem::path& root, const std::filesystem::path& from,
                     const std::filesystem::path& to);

}  // namespace vetor
