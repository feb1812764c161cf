#include "cache/disk_tier.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/exceptions.h"
#include "cache/time_to_live.h"
#include "os/fork_guard.h"
#include "os/log.h"

namespace vetor {

DiskTier::DiskTier(const VectorCacheOptions& options, const CacheEnvironment& environment,
                   ReaderFolder folder)
    : options_(options),
      environment_(environment),
      readers_(DiskPaths(options.dir), folder, environment.steady_now,
               [this](const Status& status) {
                 if (loop_ != nullptr) loop_->ReportDamage(status);
               }) {}

// The readers close first: the last connection that closes removes the database's log, and that is
// the writer's task.
DiskTier::~DiskTier() { readers_.Suspend(); }

std::unique_ptr<CacheTier> DiskTier::Open(const VectorCacheOptions& options,
                                          const CacheEnvironment& environment, CacheTier* /*below*/,
                                          std::string* why) {
  if (options.dir.empty()) {
    *why = "no cache folder is set";
    return nullptr;
  }
  if (!(options.ttl_days > 0)) {
    *why = "ttl_days is 0";
    return nullptr;
  }
  if (options.max_bytes < DiskWriter::kMinBytes) {
    *why = fmt::format("max_bytes is {}, expected at least {}", options.max_bytes,
                       DiskWriter::kMinBytes);
    return nullptr;
  }
  Result<FileLock> lock = LockCacheFolder(options.dir);
  if (!lock.ok()) return OpenReadOnly(options, environment, lock.status(), why);

  std::unique_ptr<DiskTier> tier(new DiskTier(options, environment, ReaderFolder::kWritable));
  tier->loop_ =
      std::make_unique<DiskWriteLoop>(options, environment, *std::move(lock), &tier->readers_);
  const Status started = tier->loop_->Start();
  if (started.ok()) return tier;
  *why = started.message();
  Log(LogLevel::kWarning, "cache: memory only: {}", *why);
  return nullptr;
}

std::unique_ptr<DiskTier> DiskTier::OpenReadOnly(const VectorCacheOptions& options,
                                                 const CacheEnvironment& environment,
                                                 const Status& lock, std::string* why) {
  // Another writer may be making the database right now, or may hold one that is not ours to read.
  const bool beside_writer = lock.code() == StatusCode::kFailedPrecondition;
  *why = lock.message();
  const ForkPass pass;
  const Status readable =
      DiskReader::Open(DiskPaths(options.dir), ReaderFolder::kMaybeReadOnly).status();
  const bool foreign = readable.code() == StatusCode::kFailedPrecondition;
  if (!readable.ok() && (foreign || !beside_writer)) {
    if (foreign) *why = readable.message();
    Log(LogLevel::kWarning, "cache: memory only: {}{}", foreign ? "" : lock.message() + "; ",
        readable.message());
    return nullptr;
  }
  Log(LogLevel::kWarning, "cache: read-only, new vectors are kept in memory only: {}",
      lock.message());
  std::unique_ptr<DiskTier> tier(new DiskTier(options, environment, ReaderFolder::kMaybeReadOnly));
  tier->read_only_ = lock.message();
  return tier;
}

void DiskTier::Find(std::span<const CacheKey> keys, RecordList* records) {
  if (loop_ != nullptr) loop_->queue().Find(keys, records);
  if (records->missing() == 0) return;
  const ForkPass pass;
  std::unique_ptr<DiskReader> reader = readers_.Acquire();
  if (reader == nullptr) return;
  const TimeToLive ttl(options_.ttl_days, environment_.wall_seconds());
  const int64_t touch_below = loop_ == nullptr ? 0 : loop_->touch_below();
  std::vector<CacheKey> touched;
  std::vector<WriteBatch::Damaged> damaged;
  uint64_t expired = 0;
  const auto take = [&](size_t i, const DiskReader::Row& row) {
    if (row.state == DiskReader::Row::State::kAbsent) return;
    if (row.state == DiskReader::Row::State::kDamaged) {
      damaged.push_back({keys[i], row.id});
    } else if (!ttl.Good(row.stamp)) {
      ++expired;
    } else {
      records->Set(i, row.record);
      if (row.id < touch_below) touched.push_back(keys[i]);
    }
  };
  const Status status = CatchExceptions([&] { return reader->Find(keys, *records, take); });
  readers_.Release(std::move(reader), status);
  expired_.fetch_add(expired, std::memory_order_relaxed);
  damaged_.fetch_add(damaged.size(), std::memory_order_relaxed);
  if (loop_ == nullptr) return;
  if (!damaged.empty()) loop_->queue().AddDamaged(damaged);
  if (!touched.empty()) loop_->queue().AddTouched(touched);
}

void DiskTier::Insert(std::span<const CacheKey> keys, std::span<const Record> records) {
  const size_t dropped = loop_ == nullptr
                             ? keys.size()
                             : loop_->queue().Add(keys, records, environment_.wall_seconds());
  dropped_.fetch_add(dropped, std::memory_order_relaxed);
}

void DiskTier::Touch(std::span<const CacheKey> keys) {
  if (loop_ != nullptr) loop_->queue().AddTouched(keys);
}

void DiskTier::Flush() {
  if (loop_ != nullptr) loop_->queue().Flush();
}

CacheTierMetrics DiskTier::counters() const {
  CacheTierMetrics counters{.name = std::string(name())};
  counters.expired = expired_.load(std::memory_order_relaxed);
  counters.checksum_misses = damaged_.load(std::memory_order_relaxed);
  counters.dropped_writes = dropped_.load(std::memory_order_relaxed);
  if (loop_ == nullptr) return counters;
  counters.dropped_writes += loop_->dropped();
  counters.evicted = loop_->evicted();
  return counters;
}

std::string DiskTier::state() const {
  if (!read_only_.empty()) return "disk, read-only: " + read_only_;
  const std::string trouble = loop_->trouble();
  return trouble.empty() ? "disk" : "disk, not written for now: " + trouble;
}

}  // namespace vetor
