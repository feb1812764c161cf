#include "os/appended_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/status_macros.h"
#include "os/file.h"

namespace vetor {
namespace {

constexpr size_t kReadBytes = 1 << 20;

Status ReadAll(int fd, const std::filesystem::path& path,
               const std::function<void(std::string_view)>& take) {
  std::vector<char> buffer(kReadBytes);
  while (true) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError(errno, "cannot read", path);
    if (n == 0) return Status();
    take({buffer.data(), static_cast<size_t>(n)});
  }
}

}  // namespace

Result<AppendedFile> AppendedFile::Open(const std::filesystem::path& path,
                                        const std::function<void(std::string_view)>& existing) {
  const int fd = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return ErrnoError(errno, "cannot write", path);
  AppendedFile file(fd, path);
  VETOR_RETURN_IF_ERROR(ReadAll(fd, path, existing));
  return file;
}

AppendedFile::AppendedFile(AppendedFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

AppendedFile::~AppendedFile() {
  if (fd_ >= 0) ::close(fd_);
}

Status AppendedFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoError(errno, "cannot write", path_);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return Status();
}

Status AppendedFile::Clear() {
  return ::ftruncate(fd_, 0) == 0 ? Status() : ErrnoError(errno, "cannot write", path_);
}

}  // namespace vetor
