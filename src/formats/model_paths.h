// Says where the files of a model may lie: inside its folder. A model comes from strangers, and its
// files name other files.
#pragma once

#include <filesystem>
#include <string_view>

#include "vetor/status.h"

namespace vetor {

/// Joins `folder` and `relative`. INVALID_ARGUMENT for an absolute path or one with "..". Looks
/// only at the text of the path. `named_by` is the file that holds the path.
Result<std::filesystem::path> InsideFolder(const std::filesystem::path& folder,
                                           std::string_view relative,
                                           const std::filesystem::path& named_by);

/// OK if `file` lies inside `root`, a model's folder, once all links are followed. In a hub cache,
/// whose files are links, the blobs of the same repository count as inside too. INVALID_ARGUMENT
/// for a file elsewhere: a folder from a stranger may link to any file of this machine, and a model
/// that is made from the folder is often published. OK for a file that does not exist; its reader
/// reports that.
Status CheckInsideModel(const std::filesystem::path& root, const std::filesystem::path& file);

}  // namespace vetor
