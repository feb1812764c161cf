#include "hub/blob_download.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "base/digest.h"
#include "base/status_macros.h"
#include "os/appended_file.h"
#include "os/disk_space.h"
#include "os/file.h"
#include "os/file_lock.h"
#include "os/log.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kLockPoll{100};
// Fewer new bytes do not count as progress, because a server that gives one byte per try would be
// asked for ever.
constexpr uint64_t kProgressBytes = 64 << 10;

// The ETag of a large file is its SHA-256; that of a small one is Git's SHA-1 of a blob.
bool IsSha256(std::string_view etag) {
  return etag.size() == 64 && etag.find_first_not_of("0123456789abcdef") == etag.npos;
}

// The unfinished file, with the checksum of what it holds so far.
class IncompleteFile {
 public:
  // Continues at the end of the file at `path` if it exists.
  static Result<IncompleteFile> Open(const fs::path& path) {
    Sha256Builder hash;
    uint64_t size = 0;
    VETOR_ASSIGN_OR_RETURN(AppendedFile file, AppendedFile::Open(path, [&](std::string_view bytes) {
                             hash.AddBytes(bytes);
                             size += bytes.size();
                           }));
    return IncompleteFile(std::move(file), std::move(hash), size);
  }

  Status Restart() {
    if (size_ == 0) return Status();
    VETOR_RETURN_IF_ERROR(file_.Clear());
    hash_.emplace();
    size_ = 0;
    return Status();
  }

  Status Write(std::string_view bytes) {
    VETOR_RETURN_IF_ERROR(file_.Write(bytes));
    hash_->AddBytes(bytes);
    size_ += bytes.size();
    return Status();
  }

  uint64_t size() const { return size_; }
  std::string Sha256Hex() const { return Hex(Sha256Builder(*hash_).Finish()); }
  const fs::path& path() const { return file_.path(); }

 private:
  IncompleteFile(AppendedFile file, Sha256Builder hash, uint64_t size)
      : file_(std::move(file)), hash_(std::move(hash)), size_(size) {}

  AppendedFile file_;
  std::optional<Sha256Builder> hash_;
  uint64_t size_;
};

class Download {
 public:
  Download(HubSession* session, const BlobRequest& request, IncompleteFile file)
      : session_(session), request_(request), file_(std::move(file)), most_(file_.size()) {}

  // Returns when the file has its size and its checksum.
  Status Run() {
    VETOR_RETURN_IF_ERROR(CheckRoom());
    bool second_chance = true;
    while (true) {
      VETOR_RETURN_IF_ERROR(FetchAll());
      const std::string& etag = request_.facts.etag;
      if (!IsSha256(etag) || file_.Sha256Hex() == etag) return Status();
      const std::string found = file_.Sha256Hex();
      if (!pieced_ || !second_chance) {
        return DataLossError(fmt::format(
            "{} of {}: SHA-256 {}, expected {}; the file was damaged on its way: pull again",
            request_.target.file, request_.target.id, found, etag));
      }
      // If the transfer was interrupted, the pieces of the file may not belong together.
      second_chance = false;
      VETOR_RETURN_IF_ERROR(file_.Restart());
      most_ = 0;
      pieced_ = false;
    }
  }

  uint64_t fetched() const { return fetched_; }
  const IncompleteFile& file() const { return file_; }

 private:
  Status CheckRoom() const {
    const Result<uint64_t> room = FreeDiskBytes(file_.path().parent_path());
    const uint64_t missing = request_.facts.size - std::min(request_.facts.size, file_.size());
    if (!room.ok() || *room >= missing) return Status();
    return ResourceExhaustedError(
        fmt::format("{} of {} needs {} bytes more, but {} has {} left; free some, or set "
                    "HF_HUB_CACHE to a folder with more room",
                    request_.target.file, request_.target.id, missing,
                    file_.path().parent_path().string(), *room));
  }

  // Returns when the file has its size.
  Status FetchAll() {
    if (file_.size() > request_.facts.size) VETOR_RETURN_IF_ERROR(file_.Restart());
    if (file_.size() > 0) pieced_ = true;
    int tries = 0;
    while (file_.size() < request_.facts.size) {
      HttpOutcome outcome = FetchOnce();
      if (file_.size() == request_.facts.size) break;
      if (outcome.status.code() == StatusCode::kCancelled) return std::move(outcome.status);
      if (outcome.status.ok()) outcome = ShortBody(outcome);
      if (file_.size() >= most_ + kProgressBytes) {
        tries = 0;
        most_ = file_.size();
      }
      if (!session_->WaitToRetry(outcome, ++tries)) {
        if (session_->stop().stop_requested()) return CancelledError("interrupted");
        return std::move(outcome.status);
      }
      if (file_.size() > 0) pieced_ = true;
    }
    return Status();
  }

  HttpOutcome FetchOnce() {
    const uint64_t offset = file_.size();
    bool begun = false;
    HttpOutcome outcome = session_->GetFile(
        request_.target, offset, [&](const HubResponse& answer, std::string_view bytes) -> Status {
          if (!std::exchange(begun, true)) VETOR_RETURN_IF_ERROR(PlaceAnswer(answer, offset));
          return Take(bytes);
        });
    // The range begins at the end of the file or after it, so the part that is here cannot be
    // right.
    if (outcome.status.ok() && outcome.response.status == 416) outcome.status = file_.Restart();
    return outcome;
  }

  // Finds out where an answer belongs: a server may give the whole file or another part, whatever
  // the range.
  Status PlaceAnswer(const HubResponse& answer, uint64_t offset) {
    VETOR_RETURN_IF_ERROR(CheckIdentity(answer, request_.target));
    if (answer.status == 200) return file_.Restart();
    const std::string* range = answer.Header("content-range");
    const auto start = range == nullptr ? std::nullopt : ParseContentRangeStart(*range);
    if (start == offset) return Status();
    return DataLossError(fmt::format("{} of {}: asked for the bytes from {} on, got {}",
                                     request_.target.file, request_.target.id, offset,
                                     range == nullptr ? "no Content-Range" : ShownWord(*range)));
  }

  Status Take(std::string_view bytes) {
    const uint64_t expected = request_.facts.size;
    if (bytes.size() > expected - file_.size()) {
      return DataLossError(fmt::format("{} of {}: more than the {} bytes that it should have",
                                       request_.target.file, request_.target.id, expected));
    }
    VETOR_RETURN_IF_ERROR(file_.Write(bytes));
    fetched_ += bytes.size();
    if (request_.progress) request_.progress(file_.size());
    return Status();
  }

  HttpOutcome ShortBody(const HttpOutcome& outcome) const {
    if (outcome.response.status == 416) {
      return {DescribeHttpError(outcome.response, request_.target), true, outcome.response};
    }
    return {DataLossError(fmt::format("{} of {}: {} bytes, expected {}; the server ended early",
                                      request_.target.file, request_.target.id, file_.size(),
                                      request_.facts.size)),
            true, outcome.response};
  }

  HubSession* session_;
  const BlobRequest& request_;
  IncompleteFile file_;
  uint64_t most_;  // How many bytes were there when the count of tries began anew.
  uint64_t fetched_ = 0;
  bool pieced_ = false;  // The file was put together from the answers to several requests.
};

Result<FileLock> WaitForLock(HubSession* session, const fs::path& path) {
  for (bool said = false;; said = true) {
    Result<FileLock> lock = FileLock::TryAcquire(path);
    if (lock.ok() || lock.status().code() != StatusCode::kFailedPrecondition) return lock;
    if (!said) Log(LogLevel::kInfo, "another process fetches the same file; waiting for it");
    session->Wait(kLockPoll);
    if (session->stop().stop_requested()) return CancelledError("interrupted");
  }
}

bool IsComplete(const fs::path& blob, uint64_t size) {
  std::error_code error;
  return fs::file_size(blob, error) == size && !error;
}

// A part that another process left is used only if the checksum will tell whether it is right.
fs::path StartingFile(const RepositoryCache& cache, std::string_view etag) {
  fs::path own = cache.NewIncomplete(etag);
  const auto left = IsSha256(etag) ? cache.FindIncomplete(etag) : std::nullopt;
  std::error_code ignored;
  if (left) fs::rename(*left, own, ignored);
  return own;
}

}  // namespace

Result<uint64_t> DownloadBlob(HubSession* session, const RepositoryCache& cache,
                              const BlobRequest& request) {
  const std::string& etag = request.facts.etag;
  const fs::path blob = cache.Blob(etag);
  if (IsComplete(blob, request.facts.size)) return uint64_t{0};
  VETOR_RETURN_IF_ERROR(cache.PrepareBlob(etag));
  VETOR_ASSIGN_OR_RETURN(const FileLock lock, WaitForLock(session, cache.Lock(etag)));
  if (IsComplete(blob, request.facts.size)) return uint64_t{0};
  const fs::path path = StartingFile(cache, etag);
  VETOR_ASSIGN_OR_RETURN(IncompleteFile file, IncompleteFile::Open(path));
  Download download(session, request, std::move(file));
  const Status status = download.Run();
  if (status.ok()) {
    VETOR_RETURN_IF_ERROR(cache.FinishBlob(path, etag));
    return download.fetched();
  }
  const bool worth_keeping = IsSha256(etag) && (status.code() == StatusCode::kCancelled ||
                                                status.code() == StatusCode::kUnavailable);
  std::error_code ignored;
  if (!worth_keeping) fs::remove(path, ignored);
  return status;
}

}  // namespace vetor
