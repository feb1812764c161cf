#include "os/new_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <system_error>
#include <vector>

#include "base/status_macros.h"
#include "os/file.h"

namespace vetor {
namespace {

constexpr mode_t kPrivateFolder = 0700;

// Makes one folder; true if it was not there.
Result<bool> MakeOne(const std::filesystem::path& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return true;
  const int failed = errno;
  std::error_code error;
  if (failed == EEXIST && std::filesystem::is_directory(path, error)) return false;
  return ErrnoError(failed, "cannot make the folder", path);
}

}  // namespace

std::string UnguessableName() {
  uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != static_cast<ssize_t>(sizeof number)) {
    // Without that source (kernels before 3.17) a name may be guessed; it is still never reused.
    number = static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) ^
             (static_cast<uint64_t>(::getpid()) << 40);
  }
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

int OpenNewFile(const std::filesystem::path& path, std::optional<unsigned> mode) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                        mode_t{mode.value_or(0644)});
  // A file system without modes refuses; its files are as it likes them then.
  if (fd >= 0 && mode) static_cast<void>(::fchmod(fd, mode_t{*mode}));
  return fd;
}

unsigned FileModeIn(const std::filesystem::path& folder) {
  struct stat info {};
  if (::stat(folder.empty() ? "." : folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return 0600;
  }
  return (info.st_mode & 0666) | 0600;
}

Status MakeFileIfAbsent(const std::filesystem::path& path) {
  const int fd = OpenNewFile(path, FileModeIn(path.parent_path()));
  if (fd < 0) return errno == EEXIST ? Status() : ErrnoError(errno, "cannot make", path);
  ::close(fd);
  return Status();
}

Status MakePrivateFolder(const std::filesystem::path& path) {
  std::error_code error;
  std::vector<std::filesystem::path> missing;
  for (std::filesystem::path folder = path;
       !folder.empty() && !std::filesystem::exists(folder, error) && !error;
       folder = folder.parent_path()) {
    missing.push_back(folder);
  }
  if (missing.empty()) return MakeOne(path, kPrivateFolder).status();
  for (; !missing.empty(); missing.pop_back()) {
    VETOR_RETURN_IF_ERROR(MakeOne(missing.back(), kPrivateFolder).status());
  }
  return Status();
}

Status MakeFolderLikeParent(const std::filesystem::path& path) {
  struct stat parent {};
  if (::stat(path.parent_path().c_str(), &parent) != 0) {
    return ErrnoError(errno, "cannot look at", path.parent_path());
  }
  const mode_t mode = parent.st_mode & 0777;
  VETOR_ASSIGN_OR_RETURN(const bool made, MakeOne(path, mode));
  // Whatever the umask took away.
  if (made) static_cast<void>(::chmod(path.c_str(), mode));
  return Status();
}

Status CheckOwnFolder(const std::filesystem::path& path) {
  struct stat named {};
  struct stat found {};
  if (::lstat(path.c_str(), &named) != 0 || ::stat(path.c_str(), &found) != 0) {
    return ErrnoError(errno, "cannot look at", path);
  }
  const uid_t user = ::geteuid();
  const uid_t owner = named.st_uid != user ? named.st_uid : found.st_uid;
  if (owner == user) return Status();
  return PermissionDeniedError(path.string() + " belongs to user " + std::to_string(owner) +
                               ", expected " + std::to_string(user) + ", the user of this process");
}

}  // namespace vetor
