#include "os/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "os/file.h"

namespace vetor {

Result<FileLock> FileLock::TryAcquire(const std::filesystem::path& path) {
  while (true) {
    FileLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644), path);
    if (lock.fd_ < 0 && errno == ELOOP) {
      return PermissionDeniedError(path.string() +
                                   " is a symbolic link, expected a file; remove it");
    }
    if (lock.fd_ < 0) return ErrnoError(errno, "cannot open the lock file", path);
    while (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR) continue;
      if (errno == EWOULDBLOCK) {
        return FailedPreconditionError(path.string() + " is locked by another process or service");
      }
      return ErrnoError(errno, "cannot lock", path);
    }
    // Between open and flock another may have deleted the file: a lock on a file without a name
    // excludes no one, so the new file is locked.
    if (lock.StillInPlace()) return lock;
  }
}

FileLock::FileLock(FileLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}

// Closing, never LOCK_UN: after a fork an explicit unlock in the child would free the parent's.
FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

bool FileLock::StillInPlace() const {
  struct stat held {};
  struct stat found {};
  return ::fstat(fd_, &held) == 0 && ::lstat(path_.c_str(), &found) == 0 &&
         held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

}  // namespace vetor
