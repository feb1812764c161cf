// Creates files and folders: under names that cannot be guessed or trapped, and with modes that
// show no more than their folder does.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "vetor/status.h"

namespace vetor {

/// 16 hexadecimal digits from the system's source of randomness.
std::string UnguessableName();

/// Opens a new, empty file for reading and writing and returns its descriptor, or -1 with errno.
/// EEXIST if anything has that name, a link included: an existing file is never opened. `mode`
/// is taken as it is, whatever the umask; without one the file gets 0644 less the umask.
int OpenNewFile(const std::filesystem::path& path, std::optional<unsigned> mode);

/// The mode that a file in `folder` gets so that it can be read and written by the users who can
/// read and write the folder: 0600 in a folder of 0700, 0644 in one of 0755. 0600 if there is no
/// folder.
unsigned FileModeIn(const std::filesystem::path& folder);

/// Makes an empty file with FileModeIn its folder if nothing has that name. Errors: as ErrnoError.
Status MakeFileIfAbsent(const std::filesystem::path& path);

/// Makes the folder, and those above it that are missing, for this user alone (0700). A folder that
/// is there keeps its mode. Errors: as ErrnoError.
Status MakePrivateFolder(const std::filesystem::path& path);

/// Makes a folder inside one that is there, with the same mode. One that is there keeps its mode.
Status MakeFolderLikeParent(const std::filesystem::path& path);

/// OK if the folder, and the link that leads to it if there is one, belong to the user of this
/// process; else PERMISSION_DENIED, which names the user that it belongs to.
Status CheckOwnFolder(const std::filesystem::path& path);

}  // namespace vetor
