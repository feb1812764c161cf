#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "base/new_file.h"
#include "base/status_macros.h"

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

// That of the file that is replaced, if there is one.
std::optional<unsigned> ModeFor(const std::filesystem::path& path, NewFileMode mode) {
  struct stat target {};
  if (::stat(path.c_str(), &target) == 0 && S_ISREG(target.st_mode)) return target.st_mode & 0777;
  if (mode == NewFileMode::kAsFolder) return FileModeIn(path.parent_path());
  return std::nullopt;
}

}  // namespace

Status ErrnoError(int error, std::string_view what, const std::filesystem::path& path) {
  std::string message(what);
  message += " " + path.string() + ": " + std::generic_category().message(error);
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
      return ResourceExhaustedError(path.string() + " has more than " + std::to_string(max_bytes) +
                                    " bytes");
    }
  }
  bytes.resize(done);
  return bytes;
}

Result<MappedFile> MappedFile::Open(const std::filesystem::path& path) {
  Descriptor file;
  uint64_t size = 0;
  VETOR_RETURN_IF_ERROR(OpenForReading(path, &file, &size));
  MappedFile mapped;
  if (size == 0) return mapped;
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (data == MAP_FAILED) return ErrnoError(errno, "cannot map", path);
  mapped.data_ = static_cast<const char*>(data);
  mapped.size_ = size;
  return mapped;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

void MappedFile::DropPages() const {
  if (data_ != nullptr) ::madvise(const_cast<char*>(data_), size_, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
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
    if (errno != EEXIST) return ErrnoError(errno, "cannot write", path);
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
