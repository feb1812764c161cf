// The files that a pattern of a shell names.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// The paths that `pattern` (`*`, `?`, `[a-z]`; glob(3)) names, in the order of their bytes. A text
/// that names a file as it is, whatever characters it has, gives that file alone. Empty if there is
/// none. Errors: PERMISSION_DENIED for a folder that cannot be read.
Result<std::vector<std::filesystem::path>> FilesNamed(const std::string& pattern);

}  // namespace vetor
