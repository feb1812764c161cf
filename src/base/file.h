// Files as the rest of vetor sees them: whole reads with a bound, read-only maps, and writes that
// are either complete or absent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "vetor/status.h"

namespace vetor {

/// The whole file. Errors: NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT for a directory,
/// RESOURCE_EXHAUSTED above `max_bytes`.
Result<std::string> ReadFile(const std::filesystem::path& path, uint64_t max_bytes = 1ULL << 30);

/// A file mapped read-only for the life of the object. Move-only.
class MappedFile {
 public:
  static Result<MappedFile> Open(const std::filesystem::path& path);
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::string_view bytes() const { return {data_, size_}; }

  /// Gives the memory of what was read so far back to the system; reading on takes it from the file
  /// again. bytes() stays valid.
  void DropPages() const;

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

/// The mode of a file that replaces none.
enum class NewFileMode {
  kUsual,     ///< 0644 less the umask.
  kAsFolder,  ///< For those who can use the folder (FileModeIn in base/new_file.h).
};

/// Writes to `path`.tmp.RANDOM, a new file under a name that nobody can guess, and renames it over
/// `path` in Commit; without Commit nothing is left, unless the process is killed. A file that is
/// replaced passes its mode on. Several may write to one path at once: the last Commit wins.
/// A path of "-" is not special here.
class AtomicFile {
 public:
  static Result<AtomicFile> Create(const std::filesystem::path& path,
                                   NewFileMode mode = NewFileMode::kUsual);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;
  ~AtomicFile();

  Status Write(std::string_view bytes);
  /// Overwrites bytes written before, e.g. a header whose counts were not known yet.
  Status WriteAt(uint64_t offset, std::string_view bytes);
  /// Flushes to disk and renames. The object is spent afterwards.
  Status Commit();
  /// Where the bytes are until then, for a process that must end without destructors.
  const std::filesystem::path& temporary() const { return temporary_; }

 private:
  AtomicFile(int fd, std::filesystem::path path, std::filesystem::path temporary);
  Status Flush();

  int fd_ = -1;
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::string buffer_;
};

/// Waits until what was written to the file is on the disk, so that a rename of it that survives a
/// power cut finds its content too.
Status SyncFile(const std::filesystem::path& path);

/// errno as a Status: what was tried, on which path, and the system's words.
Status ErrnoError(int error, std::string_view what, const std::filesystem::path& path);

}  // namespace vetor
