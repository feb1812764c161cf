// An advisory lock over all processes, held by one open file (flock(2)).
#pragma once

#include <filesystem>

#include "vetor/status.h"

namespace vetor {

/// Holds an exclusive lock on a side file until destroyed; the system frees it when the process
/// dies, however it dies. Two locks on one path exclude each other within a process too.
///
/// A fork shares the lock with the child: it stays held until both have closed it. Destroying the
/// child's copy never frees the parent's.
class FileLock {
 public:
  /// Takes the lock without waiting; creates the file if it is absent. Errors:
  /// FAILED_PRECONDITION if another process holds it; PERMISSION_DENIED for a read-only folder, and
  /// for a symbolic link, which is not followed; others as ErrnoError.
  static Result<FileLock> TryAcquire(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

  /// False once the file was deleted, renamed or replaced: then the lock excludes no process that
  /// looks at the path.
  bool StillInPlace() const;

 private:
  FileLock(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}
  int fd_ = -1;
  std::filesystem::path path_;
};

}  // namespace vetor
