// Writing the small files of an exported model: whole, or an error that says which.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <string_view>

#include "vetor/status.h"

namespace vetor {

/// Makes the folders above `file` too. Errors as ErrnoError: RESOURCE_EXHAUSTED for a full disk.
Status WriteModelFile(const std::filesystem::path& file, std::string_view bytes);

/// As JSON, a member a line as Python's json.dumps(indent=2) writes it, and a line feed.
Status WriteModelJson(const std::filesystem::path& file, const boost::json::value& value);

/// Follows links: what a hub cache holds are links. Errors as MapModelFile and WriteModelFile.
Status CopyModelFile(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace vetor
