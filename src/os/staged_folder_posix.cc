#include "os/staged_folder.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include "base/digest.h"
#include "base/status_macros.h"
#include "base/thread_annotations.h"
#include "os/file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMark = ".vetor-partial.";

std::string StagingStart(const fs::path& destination) {
  // A file system takes names of 255 bytes, and mark, process and number follow.
  constexpr size_t kMostBytes = 200;
  constexpr size_t kDigestDigits = 16;
  std::string name = destination.filename().string();
  if (name.size() > kMostBytes) {
    Sha256Builder digest;
    digest.AddBytes(name);
    name = name.substr(0, kMostBytes - kDigestDigits) +
           Hex(std::move(digest).Finish()).substr(0, kDigestDigits);
  }
  return "." + name + kMark;
}

// The folders in the making of this process.
class UnfinishedFolders {
 public:
  void Add(const fs::path& folder) VETOR_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    folders_.insert(folder);
  }
  void Forget(const fs::path& folder) VETOR_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    folders_.erase(folder);
  }
  void Remove() VETOR_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    std::error_code ignored;
    for (const fs::path& folder : folders_) fs::remove_all(folder, ignored);
  }

 private:
  Mutex mutex_;
  std::set<fs::path> folders_ VETOR_GUARDED_BY(mutex_);
};

UnfinishedFolders& TheUnfinishedFolders() {
  static auto* folders = new UnfinishedFolders;  // Never destroyed: a signal may come during exit.
  return *folders;
}

Status FlushPath(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, "cannot open", path);
  const int failed = ::fsync(fd) != 0 ? errno : 0;
  ::close(fd);
  return failed == 0 ? Status() : ErrnoError(failed, "cannot flush", path);
}

Status FlushAll(const fs::path& folder) {
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;  // a file that is gone meanwhile needs no flushing
    const fs::file_type type = entry->symlink_status(ignored).type();
    if (type == fs::file_type::regular || type == fs::file_type::directory) {
      VETOR_RETURN_IF_ERROR(FlushPath(entry->path()));
    }
  }
  if (error) return ErrnoError(error.value(), "cannot list", folder);
  return FlushPath(folder);
}

// By the system call's number: glibc has the function only since 2.28.
bool Exchange(const fs::path& one, const fs::path& other) {
  return ::syscall(SYS_renameat2, AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(),
                   RENAME_EXCHANGE) == 0;
}

// Opens and locks a folder; -1 with errno: EWOULDBLOCK if another holds it, ENOENT if it is
// gone.
int OpenLocked(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -1;
  struct stat held {};
  struct stat found {};
  int failed = 0;
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    failed = errno;
  } else if (::fstat(fd, &held) != 0 || ::stat(folder.c_str(), &found) != 0 ||
             held.st_ino != found.st_ino) {
    failed = ENOENT;
  }
  if (failed == 0) return fd;
  ::close(fd);
  errno = failed;
  return -1;
}

// Removes the folders that killed processes left behind for the same destination. A staging folder
// whose lock is free belongs to a process that has died.
void RemoveStale(const fs::path& destination) {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(destination.parent_path(), error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename().string().starts_with(StagingStart(destination))) {
      found.push_back(entry->path());
    }
  }
  for (const fs::path& folder : found) {
    const int fd = OpenLocked(folder);
    if (fd < 0) continue;
    fs::remove_all(folder, error);
    ::close(fd);
  }
}

// INVALID_ARGUMENT or FAILED_PRECONDITION if `destination` may not be taken.
Status CheckFree(const fs::path& destination, bool replace) {
  std::error_code error;
  const fs::file_status status = fs::status(destination, error);
  if (status.type() == fs::file_type::not_found) return Status();
  if (!fs::is_directory(status)) {
    return InvalidArgumentError(destination.string() +
                                " exists and is not a folder; name a folder to create");
  }
  if (replace || fs::is_empty(destination, error)) return Status();
  return FailedPreconditionError(
      destination.string() +
      " exists already; name another folder, or have this one replaced (option overwrite)");
}

}  // namespace

Result<StagedFolder> StagedFolder::Create(const fs::path& destination, bool replace) {
  std::error_code error;
  fs::path resolved = fs::weakly_canonical(fs::absolute(destination, error), error);
  if (!resolved.has_filename()) resolved = resolved.parent_path();
  if (error || resolved.filename().empty()) {
    return InvalidArgumentError("\"" + destination.string() +
                                "\" is not a name for a folder; name a folder to create");
  }
  VETOR_RETURN_IF_ERROR(CheckFree(resolved, replace));
  StagedFolder folder(std::move(resolved), replace);
  VETOR_RETURN_IF_ERROR(folder.MakeParents());
  RemoveStale(folder.destination_);
  VETOR_RETURN_IF_ERROR(folder.MakeStaging());
  return folder;
}

StagedFolder::StagedFolder(StagedFolder&& other) noexcept
    : destination_(std::move(other.destination_)),
      replace_(other.replace_),
      staging_(std::exchange(other.staging_, {})),
      made_parents_(std::exchange(other.made_parents_, {})),
      lock_fd_(std::exchange(other.lock_fd_, -1)) {}

StagedFolder::~StagedFolder() { Remove(); }

Status StagedFolder::MakeParents() {
  std::vector<fs::path> missing;
  std::error_code error;
  for (fs::path parent = destination_.parent_path(); !fs::exists(parent, error);
       parent = parent.parent_path()) {
    missing.push_back(parent);
  }
  for (; !missing.empty(); missing.pop_back()) {
    if (::mkdir(missing.back().c_str(), 0777) == 0) {
      made_parents_.push_back(missing.back());
    } else if (errno != EEXIST) {
      return ErrnoError(errno, "cannot make the folder", missing.back());
    }
  }
  return Status();
}

Status StagedFolder::MakeStaging() {
  const std::string start = StagingStart(destination_) + std::to_string(::getpid()) + ".";
  for (int attempt = 0;; ++attempt) {
    const fs::path staging = destination_.parent_path() / (start + std::to_string(attempt));
    if (::mkdir(staging.c_str(), 0777) != 0) {
      if (errno == EEXIST) continue;
      return ErrnoError(errno, "cannot make the folder", staging);
    }
    lock_fd_ = OpenLocked(staging);
    // Another process took it for a stale one before it was locked; it is gone or will be.
    if (lock_fd_ < 0 && (errno == EWOULDBLOCK || errno == ENOENT)) continue;
    // Also without a lock, if the file system has none (NFS, on folders): then no process can lock
    // it to clear up either.
    staging_ = staging;
    TheUnfinishedFolders().Add(staging_);
    return Status();
  }
}

void StagedFolder::Remove() {
  std::error_code ignored;
  if (!staging_.empty()) {
    fs::remove_all(staging_, ignored);
    TheUnfinishedFolders().Forget(staging_);
  }
  staging_.clear();
  if (lock_fd_ >= 0) ::close(std::exchange(lock_fd_, -1));
  for (; !made_parents_.empty(); made_parents_.pop_back()) {
    ::rmdir(made_parents_.back().c_str());  // Folders that are not empty stay.
  }
}

void StagedFolder::RemoveUnfinished() { TheUnfinishedFolders().Remove(); }

Status StagedFolder::Commit() {
  Status status = FlushAll(staging_);
  if (status.ok()) status = Rename();
  if (status.ok()) {
    made_parents_.clear();
    status = FlushPath(destination_.parent_path());
  }
  Remove();  // After a success the replaced folder lies under the hidden name, or nothing does.
  return status;
}

// A plain rename(2) takes a free name or an empty folder's and refuses any other.
Status StagedFolder::Rename() {
  VETOR_RETURN_IF_ERROR(CheckFree(destination_, replace_));
  if (::rename(staging_.c_str(), destination_.c_str()) == 0) return Status();
  int failed = errno;
  if (replace_ && (failed == ENOTEMPTY || failed == EEXIST)) {
    if (Exchange(staging_, destination_)) return Status();
    failed = errno;
  }
  if (failed == EBUSY) {
    return FailedPreconditionError(
        destination_.string() +
        " is a mount point, which another folder cannot replace; name a folder inside it");
  }
  if (failed == EINVAL || failed == ENOSYS || failed == EOPNOTSUPP || failed == EXDEV) {
    return FailedPreconditionError("the file system of " + destination_.string() +
                                   " cannot replace a folder in one step; remove it first");
  }
  return ErrnoError(failed, "cannot rename to", destination_);
}

}  // namespace vetor
