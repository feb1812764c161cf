// Writing the small files of an exported model: whole, or an error that says which.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <string_view>

#include "vetor/status.h"

namespace vetor {

/// Makes the folders above `file` too. Errors as ErrnoError: RESOURCE_EXHAUSTED for a full disk.
Status WriteModelFile(const std::filesystem::path& file, std::string_view bytes);

/// As JSON, one member per line as Python's json.dumps(indent=2) writes it, and a line feed.
Status WriteModelJson(const std::filesystem::path& file, const boost::json::value& value);

/// A configuration of the model in the folder `root`. Errors as CheckInsideModel and
/// ReadModelConfig.
Result<boost::json::object> ReadSourceConfig(const std::filesystem::path& root,
                                             const std::filesystem::path& file);

/// A file of the model in the folder `root`. What a hub cache holds are links, so they are followed
/// as CheckInsideModel says. Errors as there, MapModelFile and WriteModelFile.
Status CopyModelFile(const std::filesystem::path& root, const std::filesystem::path& from,
                     const std::filesystem::path& to);

}  // namespace vetor
