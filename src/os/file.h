// Files as the rest of vetor sees them: whole reads with a bound, read-only maps, and writes that
// are either complete or absent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "vetor/status.h"

namespace vetor {

/// The whole file. Errors: NOT_FOUND, PERMISSION_DENIED, INVALID_ARGUMENT for a directory,
/// RESOURCE_EXHAUSTED above `max_bytes`.
Result<std::string> ReadFile(const std::filesystem::path& path, uint64_t max_bytes = 1ULL << 30);

/// Which file a path named, and its state: with equal stamps it is the same file and was not
/// written into in between.
struct FileStamp {
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t bytes = 0;
  int64_t modified_ns = 0;  ///< Since 1970.

  bool operator==(const FileStamp&) const = default;
};

/// Nullopt if the path names no regular file that can be reached.
std::optional<FileStamp> StampOf(const std::filesystem::path& path);

/// A file mapped read-only for the life of the object. Move-only.
///
/// A file that is replaced by renaming another over it stays mapped as it was. A file that is
/// written into shows the new bytes, and reading beyond a new end raises SIGBUS (map_fault.h). So a
/// file that is served from a map for long is opened with OpenWatched and asked by Unchanged.
class MappedFile {
 public:
  static Result<MappedFile> Open(const std::filesystem::path& path);
  /// Keeps the file open too, so that Unchanged and ReadAt work.
  static Result<MappedFile> OpenWatched(const std::filesystem::path& path);
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  std::string_view bytes() const { return {data_, size_}; }

  /// DATA_LOSS if the file was written into since it was opened, that is, if its size or its time
  /// of modification is another. Not if its name was given to another file. Takes half a
  /// microsecond. OK for a file that is not watched.
  Status Unchanged() const;

  /// Of the file, as it is now. REQUIRES: OpenWatched.
  Result<FileStamp> StampNow() const;

  /// Up to out.size() bytes from `offset` by reading, not through the map: a file that was cut is
  /// an error (DATA_LOSS) then, not a signal. REQUIRES: OpenWatched.
  Status ReadAt(uint64_t offset, std::span<char> out) const;

  /// Gives the memory of the bytes that were read so far back to the system; reading on takes them
  /// from the file again. bytes() stays valid.
  void DropPages() const;

 private:
  static Result<MappedFile> OpenAs(const std::filesystem::path& path, bool watched);

  const char* data_ = nullptr;
  size_t size_ = 0;
  int fd_ = -1;  ///< Of a watched file.
  int64_t modified_ns_ = 0;
  int place_ = -1;  ///< In the list of map_fault.h.
  std::filesystem::path path_;
};

/// The mode of a file that replaces none.
enum class NewFileMode {
  kUsual,     ///< 0644 less the umask.
  kAsFolder,  ///< For those who can use the folder (FileModeIn in os/new_file.h).
};

/// Writes to `path`.tmp.RANDOM, a new file under a name that cannot be guessed, and renames it over
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
  /// The place of the bytes until then, for a process that must end without destructors.
  const std::filesystem::path& temporary() const { return temporary_; }

 private:
  AtomicFile(int fd, std::filesystem::path path, std::filesystem::path temporary);
  Status Flush();

  int fd_ = -1;
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::string buffer_;
};

/// Waits until the written bytes are on the disk, so that a rename of it that survives a
/// power cut finds its content too.
Status SyncFile(const std::filesystem::path& path);

/// errno as a Status: the action, the path, and the system's words.
Status ErrnoError(int error, std::string_view what, const std::filesystem::path& path);

}  // namespace vetor
