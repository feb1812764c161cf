#include "cli/streams/byte_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <set>
#include <utility>

#include "base/status_macros.h"
#include "base/thread_annotations.h"
#include "os/standard_streams.h"

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

// Waits until `fd` can be read; false if the interrupt came first.
bool WaitReadable(int fd, int wake_fd) {
  if (wake_fd < 0) return true;
  struct pollfd wait[2] = {{fd, POLLIN, 0}, {wake_fd, POLLIN, 0}};
  while (::poll(wait, 2, -1) < 0 && errno == EINTR) {
  }
  return (wait[1].revents & POLLIN) == 0;
}

// Where a stream leads, as far as it can be seen before anything is opened.
struct StreamPlace {
  std::filesystem::path path;  // Absolute; empty for "-".
  bool standard_output = false;
  bool there = false;
  struct stat info {};
};

StreamPlace PlaceOf(const std::string& path, int standard_fd) {
  StreamPlace place;
  const bool standard = path == "-";
  place.standard_output = (standard && standard_fd == STDOUT_FILENO) || path == "/dev/stdout" ||
                          path == "/dev/fd/1" || path == "/proc/self/fd/1";
  place.there =
      standard ? ::fstat(standard_fd, &place.info) == 0 : ::stat(path.c_str(), &place.info) == 0;
  if (standard) return place;
  std::error_code ignored;
  place.path = std::filesystem::absolute(path, ignored);
  // A link that leads nowhere now may lead to the file of another flag once that file is written.
  constexpr int kMostLinks = 40;
  for (int i = 0; i < kMostLinks && std::filesystem::is_symlink(place.path, ignored); ++i) {
    place.path = place.path.parent_path() / std::filesystem::read_symlink(place.path, ignored);
  }
  place.path = std::filesystem::weakly_canonical(place.path, ignored);
  return place;
}

bool IsOneFile(const StreamPlace& a, const StreamPlace& b) {
  if (a.there && b.there) return a.info.st_dev == b.info.st_dev && a.info.st_ino == b.info.st_ino;
  return !a.there && !b.there && !a.path.empty() && a.path == b.path;
}

Status CheckOutputPair(const StreamFlag& a, const StreamFlag& b) {
  const StreamPlace one = PlaceOf(a.path, STDOUT_FILENO);
  const StreamPlace other = PlaceOf(b.path, STDOUT_FILENO);
  if (one.standard_output && other.standard_output) {
    return InvalidArgumentError(std::string(a.flag) + " and " + b.flag +
                                " both go to standard output; give one of them a file");
  }
  const bool device = one.there && (S_ISCHR(one.info.st_mode) || S_ISBLK(one.info.st_mode));
  if (device || !IsOneFile(one, other)) return Status();
  return InvalidArgumentError(std::string(a.flag) + " " + a.path + " and " + b.flag + " " + b.path +
                              " are one file; give one of them another file");
}

Status CheckInputStays(const StreamFlag& input, const StreamFlag& output) {
  const StreamPlace from = PlaceOf(input.path, STDIN_FILENO);
  if (!from.there || !S_ISREG(from.info.st_mode)) return Status();
  if (!IsOneFile(from, PlaceOf(output.path, STDOUT_FILENO))) return Status();
  return InvalidArgumentError(std::string(output.flag) + " " + OutputName(output.path) +
                              " is the file that " + input.flag + " " + InputName(input.path) +
                              " is read from, which would be lost; give the output another file");
}

Status ClosedError(const char* which) {
  return FailedPreconditionError(std::string("standard ") + which +
                                 " is closed; open it, or name a file with --" + which);
}

}  // namespace

std::string InputName(const std::string& path) { return path == "-" ? "standard input" : path; }
std::string OutputName(const std::string& path) { return path == "-" ? "standard output" : path; }

Status CheckStreams(const std::vector<StreamFlag>& inputs, const std::vector<StreamFlag>& outputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].path.empty()) continue;
    for (size_t j = i + 1; j < outputs.size(); ++j) {
      if (!outputs[j].path.empty()) VETOR_RETURN_IF_ERROR(CheckOutputPair(outputs[i], outputs[j]));
    }
    for (const StreamFlag& input : inputs) {
      if (!input.path.empty()) VETOR_RETURN_IF_ERROR(CheckInputStays(input, outputs[i]));
    }
  }
  return Status();
}

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
      // The stream was given to us as non-blocking: its reader is only slow.
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
