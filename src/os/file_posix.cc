#include "os/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "base/status_macros.h"
#include "os/map_fault.h"
#include "os/new_file.h"

namespace vetor {
namespace {

constexpr size_t kWriteBufferBytes = 1 << 20;

struct Descriptor {
  int fd = -1;
  Descriptor() = default;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

int64_t ModifiedNs(const struct stat& info) {
#if defined(__APPLE__)
  const timespec& time = info.st_mtimespec;
#else
  const timespec& time = info.st_mtim;
#endif
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileStamp MakeStamp(const struct stat& info) {
  return {.device = static_cast<uint64_t>(info.st_dev),
          .inode = static_cast<uint64_t>(info.st_ino),
          .bytes = static_cast<uint64_t>(info.st_size),
          .modified_ns = ModifiedNs(info)};
}

Status OpenForReading(const std::filesystem::path& path, Descriptor* file, uint64_t* size) {
  file->fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file->fd < 0) return ErrnoError(errno, "cannot open", path);
  struct stat info {};
  if (::fstat(file->fd, &info) != 0) return ErrnoError(errno, "cannot stat", path);
  if (S_ISDIR(info.st_mode)) {
    return InvalidArgumentError(path.string() + " is a directory, expected a file");
  }
  *size = static_cast<uint64_t>(info.st_size);
  return Status();
}

// For a map: opening a pipe would wait for a writer, and nothing but a file can be
// mapped.
Status OpenToMap(const std::filesystem::path& path, Descriptor* file, struct stat* info) {
  file->fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file->fd < 0) return ErrnoError(errno, "cannot open", path);
  if (::fstat(file->fd, info) != 0) return ErrnoError(errno, "cannot stat", path);
  if (S_ISREG(info->st_mode)) return Status();
  return InvalidArgumentError(
      path.string() +
      (S_ISDIR(info->st_mode) ? " is a directory" : " is a device, pipe or socket") +
      ", expected a file");
}

// That of the file that is replaced, if there is one.
std::optional<unsigned> ModeFor(const std::filesystem::path& path, NewFileMode mode) {
  struct stat target {};
  if (::stat(path.c_str(), &target) == 0 && S_ISREG(target.st_mode)) return target.st_mode & 0777;
  if (mode == NewFileMode::kAsFolder) return FileModeIn(path.parent_path());
  return std::nullopt;
}

// What the system's own words leave open.
const char* RemedyFor(int error) {
  switch (error) {
    case EROFS:
      return "; the disk is mounted read-only, so name a place on another one";
    case EMFILE:
      return "; close files, or raise the limit on open files (ulimit -n)";
    case ENFILE:
      return "; the whole system has no more open files: close files, or raise fs.file-max";
    case ENOMEM:
      return "; free memory, or raise the limit on memory or on maps (ulimit -v, the container's "
             "memory, vm.max_map_count)";
    default:
      return "";
  }
}

// A file could not be made. The system's words name the file, though its folder is the reason.
Status CreationError(int error, const std::filesystem::path& path) {
  const Status status = ErrnoError(error, "cannot write", path);
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::error_code ignored;
  std::string remedy;
  if (status.code() == StatusCode::kNotFound && !std::filesystem::is_directory(folder, ignored)) {
    remedy = "; make the folder " + folder.string() + " first, or name a file in another";
  } else if (status.code() == StatusCode::kPermissionDenied && error != EROFS) {
    remedy = "; name a file in a folder into which this user may write";
  } else if (error == ENOSPC || error == EDQUOT) {
    remedy = "; free some space, or name a file on another disk";
  }
  return Status(status.code(), status.message() + remedy);
}

}  // namespace

Status ErrnoError(int error, std::string_view what, const std::filesystem::path& path) {
  std::string message(what);
  message += " " + path.string() + ": " + std::generic_category().message(error) + RemedyFor(error);
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return NotFoundError(std::move(message));
    case EACCES:
    case EPERM:
    case EROFS:
      return PermissionDeniedError(std::move(message));
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return ResourceExhaustedError(std::move(message));
    case EISDIR:
    case ENAMETOOLONG:
    case EINVAL:
      return InvalidArgumentError(std::move(message));
    default:
      return UnavailableError(std::move(message));
  }
}

Status SyncFile(const std::filesystem::path& path) {
  Descriptor file;
  file.fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file.fd < 0) return ErrnoError(errno, "cannot open", path);
  return ::fsync(file.fd) == 0 ? Status() : ErrnoError(errno, "cannot write", path);
}

Result<std::string> ReadFile(const std::filesystem::path& path, uint64_t max_bytes) {
  Descriptor file;
  uint64_t size = 0;
  VETOR_RETURN_IF_ERROR(OpenForReading(path, &file, &size));
  if (size > max_bytes) {
    return ResourceExhaustedError(path.string() + " has " + std::to_string(size) +
                                  " bytes, expected at most " + std::to_string(max_bytes));
  }
  std::string bytes(size, '\0');
  size_t done = 0;
  // A file may grow or be a pipe of size 0: read until the end says so.
  while (true) {
    if (done == bytes.size()) bytes.resize(bytes.size() + 4096);
    const ssize_t n = ::read(file.fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError(errno, "cannot read", path);
    if (n == 0) break;
    done += static_cast<size_t>(n);
    if (done > max_bytes) {
      return ResourceExhaustedError(path.string() + " has more than the " +
                                    std::to_string(max_bytes) + " bytes that are allowed");
    }
  }
  bytes.resize(done);
  return bytes;
}

std::optional<FileStamp> StampOf(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return MakeStamp(info);
}

Result<MappedFile> MappedFile::Open(const std::filesystem::path& path) {
  return OpenAs(path, /*watched=*/false);
}

Result<MappedFile> MappedFile::OpenWatched(const std::filesystem::path& path) {
  return OpenAs(path, /*watched=*/true);
}

Result<MappedFile> MappedFile::OpenAs(const std::filesystem::path& path, bool watched) {
  Descriptor file;
  struct stat info {};
  VETOR_RETURN_IF_ERROR(OpenToMap(path, &file, &info));
  MappedFile mapped;
  mapped.path_ = path;
  mapped.modified_ns_ = ModifiedNs(info);
  const auto size = static_cast<size_t>(info.st_size);
  if (size > 0) {
    void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
    if (data == MAP_FAILED) return ErrnoError(errno, "cannot map", path);
    mapped.data_ = static_cast<const char*>(data);
    mapped.size_ = size;
    mapped.place_ = NoteMap({mapped.data_, mapped.size_}, path.native());
  }
  if (watched) mapped.fd_ = std::exchange(file.fd, -1);
  return mapped;
}

MappedFile::MappedFile(MappedFile&& other) noexcept { *this = std::move(other); }

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(fd_, other.fd_);
  std::swap(modified_ns_, other.modified_ns_);
  std::swap(place_, other.place_);
  path_.swap(other.path_);
  return *this;
}

Result<FileStamp> MappedFile::StampNow() const {
  struct stat info {};
  if (::fstat(fd_, &info) != 0) return ErrnoError(errno, "cannot stat", path_);
  return MakeStamp(info);
}

Status MappedFile::Unchanged() const {
  if (fd_ < 0) return Status();
  VETOR_ASSIGN_OR_RETURN(const FileStamp now, StampNow());
  if (now.bytes == size_ && now.modified_ns == modified_ns_) return Status();
  const std::string sizes = now.bytes == size_
                                ? ""
                                : " (it had " + std::to_string(size_) + " bytes and has " +
                                      std::to_string(now.bytes) + ")";
  return DataLossError(path_.string() + " was written into while it was in use" + sizes +
                       "; open it again, and replace files by renaming instead");
}

Status MappedFile::ReadAt(uint64_t offset, std::span<char> out) const {
  while (!out.empty()) {
    const ssize_t n = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError(errno, "cannot read", path_);
    if (n == 0) {
      return DataLossError(path_.string() + " ends at " + std::to_string(offset) +
                           " bytes, expected " + std::to_string(size_) +
                           ": it was cut while it was read");
    }
    offset += static_cast<uint64_t>(n);
    out = out.subspan(static_cast<size_t>(n));
  }
  return Status();
}

void MappedFile::DropPages() const {
  if (data_ != nullptr) ::madvise(const_cast<char*>(data_), size_, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  ForgetMap(place_);
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
  if (fd_ >= 0) ::close(fd_);
}

AtomicFile::AtomicFile(int fd, std::filesystem::path path, std::filesystem::path temporary)
    : fd_(fd), path_(std::move(path)), temporary_(std::move(temporary)) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      buffer_(std::move(other.buffer_)) {}

Result<AtomicFile> AtomicFile::Create(const std::filesystem::path& path, NewFileMode mode) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return InvalidArgumentError(path.string() + " is a directory, expected a file to write");
  }
  while (true) {
    std::filesystem::path temporary = path;
    temporary += ".tmp." + UnguessableName();
    const int fd = OpenNewFile(temporary, ModeFor(path, mode));
    if (fd >= 0) return AtomicFile(fd, path, std::move(temporary));
    if (errno != EEXIST) return CreationError(errno, path);
  }
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

Status AtomicFile::Write(std::string_view bytes) {
  buffer_.append(bytes);
  return buffer_.size() >= kWriteBufferBytes ? Flush() : Status();
}

Status AtomicFile::Flush() {
  size_t done = 0;
  while (done < buffer_.size()) {
    const ssize_t n = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError(errno, "cannot write", path_);
    done += static_cast<size_t>(n);
  }
  buffer_.clear();
  return Status();
}

Status AtomicFile::WriteAt(uint64_t offset, std::string_view bytes) {
  VETOR_RETURN_IF_ERROR(Flush());
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError(errno, "cannot write", path_);
    bytes.remove_prefix(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return Status();
}

Status AtomicFile::Commit() {
  VETOR_RETURN_IF_ERROR(Flush());
  if (::fsync(fd_) != 0) return ErrnoError(errno, "cannot flush", path_);
  if (::close(std::exchange(fd_, -1)) != 0) {
    ::unlink(temporary_.c_str());
    return ErrnoError(errno, "cannot close", path_);
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    Status status = ErrnoError(errno, "cannot rename to", path_);
    ::unlink(temporary_.c_str());
    return status;
  }
  return Status();
}

}  // namespace vetor
