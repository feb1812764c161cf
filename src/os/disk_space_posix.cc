#include "os/disk_space.h"

#include <sys/statvfs.h>

#include <cerrno>

#include "os/file.h"

namespace vetor {

Result<uint64_t> FreeDiskBytes(const std::filesystem::path& path) {
  struct statvfs info {};
  while (::statvfs(path.c_str(), &info) != 0) {
    if (errno != EINTR) return ErrnoError(errno, "cannot read the free space of", path);
  }
  return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
}

}  // namespace vetor
