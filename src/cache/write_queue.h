// The records that wait for the writer thread. The queue is bounded in bytes, never blocks a
// producer, and is readable, so that a record is found before it is on disk.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/thread_annotations.h"
#include "cache/cache_key.h"
#include "cache/disk_writer.h"

namespace vetor {

/// Thread-safe; only one thread takes batches.
class WriteQueue {
 public:
  struct Options {
    size_t max_bytes = 16 << 20;  ///< Bound of records, keys and index, whether taken or waiting.
    /// A larger payload is refused, because it would not fit the database.
    size_t max_payload_bytes = SIZE_MAX;
    /// A batch is due when it has this many entries, or this long after its first entry.
    size_t commit_rows = 256;
    std::chrono::milliseconds commit_delay{50};
  };
  explicit WriteQueue(const Options& options) : options_(options) {}
  WriteQueue(const WriteQueue&) = delete;
  WriteQueue& operator=(const WriteQueue&) = delete;

  /// How much of max_bytes an entry with such a payload takes.
  static size_t EntryBytes(size_t payload_bytes);

  /// Copies the records as far as they fit; returns how many did not fit.
  size_t Add(std::span<const CacheKey> keys, std::span<const Record> records, int64_t stamp);
  /// Adds marks of use. If too many wait they are forgotten, because they only help.
  void AddTouched(std::span<const CacheKey> keys);
  void AddDamaged(std::span<const WriteBatch::Damaged> rows);

  /// Adds to `records` each missing record that waits to be written.
  void Find(std::span<const CacheKey> keys, RecordList* records) const;

  /// Waits until a batch is due or Nudge or Close is called, and returns the batch, which may be
  /// empty. The batch can be found until the next Take. Null: the queue is closed and everything
  /// was taken.
  const WriteBatch* Take();
  /// As Take, without waiting: returns an empty batch if none is due.
  const WriteBatch* TakeNow();

  /// Lets Take return at once.
  void Nudge();
  /// Makes all waiting entries due, and returns once they were taken and a later Take gave them
  /// back.
  void Flush();
  /// Makes all waiting entries due. From now on Add refuses records.
  void Close();

 private:
  // A batch and the places of its keys.
  struct Half {
    WriteBatch batch;
    std::unordered_map<CacheKey, uint32_t, CacheKeyHash> rows;
    size_t bytes = 0;  ///< The sum of EntryBytes over all rows, including replaced payloads.
    void Clear();
    bool Copy(const CacheKey& key, size_t i, RecordList* records) const;
  };

  bool AddOne(const CacheKey& key, const Record& record, int64_t stamp) VETOR_REQUIRES(mutex_);
  bool Due() const VETOR_REQUIRES(mutex_);
  size_t Entries() const VETOR_REQUIRES(mutex_);
  void NoteFirst() VETOR_REQUIRES(mutex_);
  // Wakes the taker if a batch is due, or if one has begun, because the taker must then set its
  // clock.
  void WakeTaker(bool begun) VETOR_REQUIRES(mutex_);
  const WriteBatch* Swap() VETOR_REQUIRES(mutex_);
  void RetireTaken() VETOR_REQUIRES(mutex_);

  const Options options_;
  mutable Mutex mutex_;
  CondVar due_;
  CondVar retired_changed_;
  Half filling_ VETOR_GUARDED_BY(mutex_);
  Half taken_ VETOR_GUARDED_BY(mutex_);  // The taker reads its batch without the mutex.
  std::chrono::steady_clock::time_point deadline_ VETOR_GUARDED_BY(mutex_){};
  uint64_t generation_ VETOR_GUARDED_BY(mutex_) = 1;  // The generation of filling_.
  uint64_t retired_ VETOR_GUARDED_BY(mutex_) = 0;     // The newest generation that is done.
  bool nudged_ VETOR_GUARDED_BY(mutex_) = false;
  bool flushing_ VETOR_GUARDED_BY(mutex_) = false;
  bool closed_ VETOR_GUARDED_BY(mutex_) = false;
};

}  // namespace vetor
