#include "cache/reader_pool.h"

#include <utility>

#include "base/exceptions.h"

namespace vetor {
namespace {

constexpr std::chrono::seconds kRetryDelay{1};

}  // namespace

ReaderPool::ReaderPool(const DiskPaths& paths, ReaderFolder folder, SteadyNow steady_now,
                       OnDamage on_damage)
    : paths_(paths),
      folder_(folder),
      steady_now_(std::move(steady_now)),
      on_damage_(std::move(on_damage)),
      close_before_fork_([this] { CloseIdle(); }) {}

std::unique_ptr<DiskReader> ReaderPool::Acquire() {
  {
    const MutexLock lock(&mutex_);
    if (suspended_ > 0 || (failed_ && steady_now_() < retry_at_)) return nullptr;
    ++in_use_;
    while (!idle_.empty()) {
      std::unique_ptr<DiskReader> reader = std::move(idle_.back());
      idle_.pop_back();
      if (reader->Fresh()) return reader;
    }
  }
  // Opening takes some 200 us, so it happens outside the mutex.
  Result<std::unique_ptr<DiskReader>> opened =
      CatchExceptions([this] { return DiskReader::Open(paths_, folder_); });
  if (!opened.ok()) {
    Release(nullptr, opened.status());
    return nullptr;
  }
  return *std::move(opened);
}

void ReaderPool::Release(std::unique_ptr<DiskReader> reader, const Status& status) {
  if (!status.ok()) reader.reset();
  {
    const MutexLock lock(&mutex_);
    // This comes first, because Suspend waits for it and the rest may need memory.
    --in_use_;
    released_.NotifyAll();
    failed_ = !status.ok();
    if (failed_) retry_at_ = steady_now_() + kRetryDelay;
    if (reader != nullptr) idle_.push_back(std::move(reader));
  }
  if (status.code() == StatusCode::kDataLoss) on_damage_(status);
}

void ReaderPool::CloseIdle() {
  const MutexLock lock(&mutex_);
  idle_.clear();
}

void ReaderPool::Suspend() {
  // The pass is taken before the mutex, because closing needs one. Readers in use have theirs
  // already.
  const ForkPass pass;
  const MutexLock lock(&mutex_);
  ++suspended_;
  while (in_use_ > 0) released_.Wait(&mutex_);
  idle_.clear();
}

void ReaderPool::Resume() {
  const MutexLock lock(&mutex_);
  --suspended_;
  failed_ = false;
}

}  // namespace vetor
