#include "cache/disk_write_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/exceptions.h"
#include "base/status_macros.h"
#include "cache/put_aside.h"
#include "cache/time_to_live.h"
#include "os/log.h"
#include "os/new_file.h"

namespace vetor {
namespace {

constexpr std::chrono::milliseconds kFirstRetryDelay{100};
constexpr std::chrono::milliseconds kLastRetryDelay{30000};
constexpr std::chrono::seconds kSweepInterval{60};

}  // namespace

Result<FileLock> LockCacheFolder(const std::filesystem::path& dir) {
  const DiskPaths paths(dir);
  // If the folder cannot be made, it can perhaps be read.
  static_cast<void>(MakePrivateFolder(dir));
  static_cast<void>(MakeFileIfAbsent(paths.lock));
  return FileLock::TryAcquire(paths.lock);
}

DiskWriteLoop::DiskWriteLoop(const VectorCacheOptions& options, const CacheEnvironment& environment,
                             FileLock lock, ReaderPool* readers)
    : options_(options),
      environment_(environment),
      paths_(options.dir),
      readers_(readers),
      queue_({.max_bytes = environment.queue_bytes,
              .max_payload_bytes = DiskWriter::MostPayloadBytes(options.max_bytes)}),
      lock_(std::move(lock)),
      close_before_fork_([this] { CloseWriter(); }) {}

DiskWriteLoop::~DiskWriteLoop() {
  queue_.Close();
  thread_.Join();
}

Status DiskWriteLoop::Start() {
  {
    const ForkPass pass;
    Status opened = OpenWriter();
    if (opened.code() == StatusCode::kFailedPrecondition) return opened;
    if (!opened.ok()) BackOff(opened);
  }
  if (thread_.Start([this] { Run(); })) return Status();
  return ResourceExhaustedError(
      "cannot start the cache's writer: the system gives no thread; raise the limit on processes "
      "and threads, or end other processes");
}

void DiskWriteLoop::ReportDamage(const Status& status) {
  {
    const MutexLock lock(&mutex_);
    damage_ = status;
  }
  queue_.Nudge();
}

std::string DiskWriteLoop::trouble() const {
  const MutexLock lock(&mutex_);
  return trouble_;
}

void DiskWriteLoop::Run() {
  while (const WriteBatch* batch = sweeping_ ? queue_.TakeNow() : queue_.Take()) {
    // If the system refuses memory, the loop treats it as it treats a full disk; the process goes
    // on.
    const Status status = CatchExceptions([&] {
      Step(*batch);
      return Status();
    });
    if (status.ok()) continue;
    const ForkPass pass;
    dropped_.fetch_add(batch->rows.size(), std::memory_order_relaxed);
    static_cast<void>(CatchExceptions([&] {
      BackOff(status);
      return Status();
    }));
  }
  const ForkPass pass;
  // Before a fork the database was closed in haste. It is closed again properly, so that its log is
  // removed.
  if (closed_before_fork_ && writer_ == nullptr) {
    static_cast<void>(CatchExceptions([this] {
      static_cast<void>(Ready());
      return Status();
    }));
  }
  writer_.reset();
}

// Runs in a thread that forks, which has all passes to itself. The next step opens the writer
// again.
void DiskWriteLoop::CloseWriter() {
  if (writer_ == nullptr) return;
  closed_before_fork_ = true;
  writer_->KeepLogOnClose();
  writer_.reset();
}

void DiskWriteLoop::Step(const WriteBatch& batch) {
  Status damage;
  {
    const MutexLock lock(&mutex_);
    std::swap(damage, damage_);
  }
  if (!damage.ok()) {
    const ForkPass pass;
    ReplaceDamaged(damage);
  }
  if (!batch.empty()) WriteAll(batch);
  if (environment_.steady_now() >= next_sweep_) sweeping_ = true;
  if (sweeping_) SweepStep();
}

void DiskWriteLoop::WriteAll(const WriteBatch& batch) {
  WriteSlice slice;  // The part that has been written.
  do {
    const ForkPass pass;
    if (!Ready()) break;
    const WriteSlice next = writer_->NextSlice(batch, slice);
    const Result<int64_t> evicted = writer_->Write(batch, next);
    if (!evicted.ok()) {
      HandleFailure(evicted.status());
      break;
    }
    Recovered();
    evicted_.fetch_add(static_cast<uint64_t>(*evicted), std::memory_order_relaxed);
    PublishRecency();
    slice = next;
  } while (slice.first_touched + slice.touched < batch.touched.size() ||
           slice.first_row + slice.rows < batch.rows.size());
  dropped_.fetch_add(batch.rows.size() - slice.first_row - slice.rows, std::memory_order_relaxed);
}

void DiskWriteLoop::SweepStep() {
  const ForkPass pass;
  next_sweep_ = environment_.steady_now() + kSweepInterval;
  sweeping_ = false;
  if (!Ready()) return;
  const TimeToLive ttl(options_.ttl_days, environment_.wall_seconds());
  const Result<bool> expired = writer_->Sweep(ttl.oldest(), ttl.newest());
  if (!expired.ok()) return HandleFailure(expired.status());
  sweeping_ = *expired;
  if (sweeping_) return;
  const Result<int64_t> free_pages = writer_->ReasonableFreePages();
  if (!free_pages.ok()) return HandleFailure(free_pages.status());
  int64_t evicted = 0;
  const Result<bool> more = writer_->Shrink(*free_pages, &evicted);
  evicted_.fetch_add(static_cast<uint64_t>(evicted), std::memory_order_relaxed);
  if (!more.ok()) return HandleFailure(more.status());
  sweeping_ = *more;
}

bool DiskWriteLoop::Ready() {
  if (retry_delay_.count() > 0 && environment_.steady_now() < retry_at_) return false;
  Status status = CheckFreeSpace();
  if (!lock_.has_value() || !lock_->StillInPlace()) {
    status = TakeFolderAgain();
  } else if (status.ok() && writer_ == nullptr) {
    status = OpenWriter();
  }
  if (!status.ok()) BackOff(status);
  return status.ok();
}

Status DiskWriteLoop::OpenWriter() {
  const SuspendedReaders suspended(readers_);
  const DiskWriter::Options options{.max_bytes = options_.max_bytes,
                                    .space = options_.space,
                                    .now_seconds = environment_.wall_seconds(),
                                    .epoch = epoch()};
  Result<std::unique_ptr<DiskWriter>> opened = DiskWriter::Open(paths_, options);
  if (!opened.ok() && opened.status().code() == StatusCode::kDataLoss && !putting_aside_) {
    return PutAsideAndOpen(opened.status());
  }
  if (!opened.ok()) return std::move(opened).status();
  writer_ = *std::move(opened);
  PublishRecency();
  return Status();
}

// Somebody deleted or replaced the folder: the files that we hold open have no name any more, and
// another process may already write to the new ones.
Status DiskWriteLoop::TakeFolderAgain() {
  const SuspendedReaders suspended(readers_);
  writer_.reset();
  lock_.reset();
  ForgetDamage();
  VETOR_ASSIGN_OR_RETURN(lock_, LockCacheFolder(options_.dir));
  VETOR_RETURN_IF_ERROR(CheckFreeSpace());
  return OpenWriter();
}

Status DiskWriteLoop::CheckFreeSpace() const {
  VETOR_ASSIGN_OR_RETURN(const uint64_t free, environment_.free_bytes(options_.dir));
  if (free >= environment_.keep_free_bytes) return Status();
  return ResourceExhaustedError(
      fmt::format("the volume of {} has {} MiB left, expected at least {} MiB; free some space",
                  options_.dir.string(), free >> 20, environment_.keep_free_bytes >> 20));
}

Status DiskWriteLoop::PutAsideAndOpen(const Status& reason) {
  const SuspendedReaders suspended(readers_);
  writer_.reset();
  const Result<std::filesystem::path> aside = PutAside(paths_);
  ForgetDamage();
  if (!aside.ok()) return aside.status();
  Log(LogLevel::kWarning, "cache: {}; it was renamed to {} and an empty cache was begun",
      reason.message(), aside->string());
  putting_aside_ = true;
  Status opened = OpenWriter();
  putting_aside_ = false;
  return opened;
}

void DiskWriteLoop::ReplaceDamaged(const Status& reason) {
  // Without the lock, the database at that name may be another process's.
  const bool ours = lock_.has_value() && lock_->StillInPlace();
  const Status status = ours ? PutAsideAndOpen(reason) : TakeFolderAgain();
  if (!status.ok()) BackOff(status);
}

// Drops reports by readers, which are about the database that is gone.
void DiskWriteLoop::ForgetDamage() {
  const MutexLock lock(&mutex_);
  damage_ = Status();
}

void DiskWriteLoop::HandleFailure(const Status& status) {
  if (status.code() == StatusCode::kDataLoss) return ReplaceDamaged(status);
  // After an input/output error the connection is opened anew; a full disk leaves it sound.
  if (status.code() != StatusCode::kResourceExhausted) writer_.reset();
  BackOff(status);
}

void DiskWriteLoop::BackOff(const Status& status) {
  retry_delay_ = std::clamp(retry_delay_ * 2, kFirstRetryDelay, kLastRetryDelay);
  retry_at_ = environment_.steady_now() + retry_delay_;
  const MutexLock lock(&mutex_);
  if (trouble_.empty()) {
    Log(LogLevel::kWarning, "cache: nothing is written to disk for now: {}", status.message());
  }
  trouble_ = status.message();
}

void DiskWriteLoop::Recovered() {
  if (retry_delay_.count() == 0) return;
  retry_delay_ = std::chrono::milliseconds(0);
  const MutexLock lock(&mutex_);
  if (!trouble_.empty()) Log(LogLevel::kInfo, "cache: writing to {} again", options_.dir.string());
  trouble_.clear();
}

void DiskWriteLoop::PublishRecency() {
  touch_below_.store(writer_->touch_below(), std::memory_order_relaxed);
  epoch_.store(writer_->epoch(), std::memory_order_relaxed);
}

}  // namespace vetor
