#include "cli/byte_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <set>
#include <utility>

#include "base/standard_streams.h"
#include "base/status_macros.h"
#include "base/thread_annotations.h"

namespace vetor::cli {
namespace {

constexpr size_t kWriteBufferBytes = 64 << 10;

std::atomic<bool> g_reader_gone{false};

// The files that OutputStreams have on disk before Commit.
class UnfinishedFiles {
 public:
  void Add(const std::filesystem::path& path) VETOR_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    paths_.insert(path);
  }
  void Forget(const std::filesystem::path& path) VETOR_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    paths_.erase(path);
  }
  void Remove() VETOR_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    std::error_code ignored;
    for (const std::filesystem::path& path : paths_) std::filesystem::remove(path, ignored);
  }

 private:
  Mutex mutex_;
  std::set<std::filesystem::path> paths_ VETOR_GUARDED_BY(mutex_);
};

UnfinishedFiles& TheUnfinishedFiles() {
  static auto* files = new UnfinishedFiles;  // Never destroyed: a signal may come during exit.
  return *files;
}

// Waits until `fd` can be read; false when the interrupt came first.
bool WaitReadable(int fd, int wake_fd) {
  if (wake_fd < 0) return true;
  struct pollfd wait[2] = {{fd, POLLIN, 0}, {wake_fd, POLLIN, 0}};
  while (::poll(wait, 2, -1) < 0 && errno == EINTR) {
  }
  return (wait[1].revents & POLLIN) == 0;
}

Status ClosedError(const char* which) {
  return FailedPreconditionError(std::string("standard ") + which +
                                 " is closed; open it, or name a file with --" + which);
}

}  // namespace

std::string InputName(const std::string& path) { return path == "-" ? "standard input" : path; }
std::string OutputName(const std::string& path) { return path == "-" ? "standard output" : path; }

InputStream::InputStream(int fd, bool owned, std::string name, int wake_fd)
    : fd_(fd), owned_(owned), name_(std::move(name)), wake_fd_(wake_fd) {}

InputStream::InputStream(InputStream&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      owned_(std::exchange(other.owned_, false)),
      name_(std::move(other.name_)),
      wake_fd_(other.wake_fd_),
      size_(other.size_) {}

InputStream::~InputStream() {
  if (owned_) ::close(fd_);
}

Result<InputStream> InputStream::Open(const std::string& path, int wake_fd) {
  const bool standard = path == "-";
  if (standard && IsClosedStandardStream(STDIN_FILENO)) return ClosedError("input");
  const int fd = standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoError(errno, "cannot open", path);
  InputStream stream(fd, !standard, InputName(path), wake_fd);
  struct stat info {};
  if (::fstat(fd, &info) != 0) return ErrnoError(errno, "cannot read", stream.name_);
  if (S_ISDIR(info.st_mode)) {
    return InvalidArgumentError(stream.name_ + " is a directory, expected a file");
  }
  if (S_ISREG(info.st_mode)) stream.size_ = static_cast<uint64_t>(info.st_size);
  return stream;
}

Result<size_t> InputStream::Read(size_t bytes, std::string* out) {
  const size_t before = out->size();
  out->resize(before + bytes);
  while (true) {
    if (!WaitReadable(fd_, wake_fd_)) {
      out->resize(before);
      return CancelledError("interrupted while reading " + name_);
    }
    const ssize_t n = ::read(fd_, out->data() + before, bytes);
    if (n < 0 && errno == EINTR) continue;
    out->resize(before + (n > 0 ? static_cast<size_t>(n) : 0));
    if (n < 0) return ErrnoError(errno, "cannot read", name_);
    return static_cast<size_t>(n);
  }
}

OutputStream::OutputStream(OutputStream&& other) noexcept
    : name_(std::move(other.name_)),
      file_(std::move(other.file_)),
      fd_(std::exchange(other.fd_, -1)),
      owned_(std::exchange(other.owned_, false)),
      buffer_(std::move(other.buffer_)) {
  other.file_.reset();
}

OutputStream::~OutputStream() {
  if (owned_) ::close(fd_);
  if (file_) TheUnfinishedFiles().Forget(file_->temporary());
}

Status OutputStream::OpenFile(const std::filesystem::path& path) {
  VETOR_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  TheUnfinishedFiles().Add(file.temporary());
  file_.emplace(std::move(file));
  return Status();
}

Result<OutputStream> OutputStream::Open(const std::string& path) {
  OutputStream stream(OutputName(path));
  if (path == "-") {
    if (IsClosedStandardStream(STDOUT_FILENO)) return ClosedError("output");
    stream.fd_ = STDOUT_FILENO;
    return stream;
  }
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  // Renaming over /dev/null or a named pipe would replace it.
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
      !std::filesystem::is_directory(status)) {
    stream.fd_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (stream.fd_ < 0) return ErrnoError(errno, "cannot write", path);
    stream.owned_ = true;
    return stream;
  }
  std::filesystem::path target = path;
  if (std::filesystem::is_symlink(target, ignored)) {
    target = std::filesystem::weakly_canonical(target, ignored);
  }
  VETOR_RETURN_IF_ERROR(stream.OpenFile(target));
  return stream;
}

Status OutputStream::Write(std::string_view bytes) {
  if (file_) return file_->Write(bytes);
  buffer_.append(bytes);
  return buffer_.size() >= kWriteBufferBytes ? Flush() : Status();
}

Status OutputStream::Flush() {
  if (file_) return Status();
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t n = ::write(fd_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EPIPE) {
      g_reader_gone = true;
      return CancelledError("the reader of " + name_ + " has gone");
    }
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      // Whoever gave us the stream made it non-blocking: its reader is only slow.
      pollfd wait{.fd = fd_, .events = POLLOUT, .revents = 0};
      ::poll(&wait, 1, -1);
      continue;
    }
    if (n < 0) return ErrnoError(errno, "cannot write", name_);
    rest.remove_prefix(static_cast<size_t>(n));
  }
  buffer_.clear();
  return Status();
}

Status OutputStream::WriteAt(uint64_t offset, std::string_view bytes) {
  return file_->WriteAt(offset, bytes);
}

Status OutputStream::Commit() { return file_ ? file_->Commit() : Flush(); }

bool OutputStream::reader_gone() { return g_reader_gone; }

void OutputStream::RemoveUnfinished() { TheUnfinishedFiles().Remove(); }

}  // namespace vetor::cli
