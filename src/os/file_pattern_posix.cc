#include "os/file_pattern.h"

#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "os/file.h"

namespace vetor {

Result<std::vector<std::filesystem::path>> FilesNamed(const std::string& pattern) {
  std::error_code ignored;
  if (std::filesystem::exists(pattern, ignored)) {
    return std::vector<std::filesystem::path>{pattern};
  }
  glob_t found{};
  const int outcome = ::glob(pattern.c_str(), GLOB_NOSORT | GLOB_ERR, nullptr, &found);
  const int error = errno;
  std::vector<std::filesystem::path> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (outcome == GLOB_NOSPACE) {
    return ResourceExhaustedError("no memory for the files that " + pattern + " names");
  }
  // A folder that is not there holds no file.
  const bool no_folder = error == ENOENT || error == ENOTDIR;
  if (outcome == GLOB_ABORTED && !no_folder) {
    return ErrnoError(error, "cannot read a folder of", pattern);
  }
  std::sort(paths.begin(), paths.end(), [](const auto& a, const auto& b) {
    return a.native() < b.native();  // The order of paths compares part by part.
  });
  return paths;
}

}  // namespace vetor
