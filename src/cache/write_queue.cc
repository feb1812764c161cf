#include "cache/write_queue.h"

#include <algorithm>

namespace vetor {
namespace {

constexpr size_t kMaxMarks = 4096;

}  // namespace

void WriteQueue::Half::Clear() {
  batch.rows.clear();
  batch.records.Reset(0);
  batch.touched.clear();
  batch.damaged.clear();
  rows.clear();
  bytes = 0;
}

bool WriteQueue::Half::Copy(const CacheKey& key, size_t i, RecordList* records) const {
  const auto place = rows.find(key);
  if (place == rows.end()) return false;
  records->Set(i, batch.records[place->second]);
  return true;
}

// 64 bytes are the hash table's node, its share of the bucket array and the allocator's header; 24
// are the record's place in its list.
size_t WriteQueue::EntryBytes(size_t payload_bytes) {
  return payload_bytes + sizeof(WriteBatch::Row) + 64 + 24;
}

size_t WriteQueue::Entries() const {
  const WriteBatch& batch = filling_.batch;
  return batch.rows.size() + batch.touched.size() + batch.damaged.size();
}

bool WriteQueue::Due() const {
  return nudged_ || flushing_ || closed_ || Entries() >= options_.commit_rows;
}

void WriteQueue::NoteFirst() {
  if (Entries() == 0) deadline_ = std::chrono::steady_clock::now() + options_.commit_delay;
}

void WriteQueue::WakeTaker(bool begun) {
  if (begun || Due()) due_.NotifyOne();
}

bool WriteQueue::AddOne(const CacheKey& key, const Record& record, int64_t stamp) {
  WriteBatch& batch = filling_.batch;
  const size_t size = record.payload.size();
  if (size > options_.max_payload_bytes) return false;
  const auto place = filling_.rows.find(key);
  const bool again = place != filling_.rows.end();
  size_t bytes = EntryBytes(size);
  // The new record takes the place of the one that it replaces, unless it is larger.
  if (again) bytes = size > batch.records[place->second].payload.size() ? size : 0;
  if (filling_.bytes + taken_.bytes + bytes > options_.max_bytes) return false;
  if (again) {
    batch.records.Set(place->second, record);
    batch.rows[place->second].stamp = stamp;
  } else {
    // If the system refuses memory, a row must not be left without its record, nor a record without
    // its row.
    if (batch.rows.size() == batch.rows.capacity()) batch.rows.reserve(2 * batch.rows.size() + 1);
    batch.records.MakeRoom(size);
    filling_.rows.emplace(key, static_cast<uint32_t>(batch.rows.size()));
    batch.records.Add(record);
    batch.rows.push_back({key, stamp});
  }
  filling_.bytes += bytes;
  return true;
}

size_t WriteQueue::Add(std::span<const CacheKey> keys, std::span<const Record> records,
                       int64_t stamp) {
  const MutexLock lock(&mutex_);
  if (closed_) return keys.size();
  const bool first = Entries() == 0;
  NoteFirst();
  size_t dropped = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!AddOne(keys[i], records[i], stamp)) ++dropped;
  }
  WakeTaker(first);
  return dropped;
}

void WriteQueue::AddTouched(std::span<const CacheKey> keys) {
  const MutexLock lock(&mutex_);
  if (closed_) return;
  const bool first = Entries() == 0;
  NoteFirst();
  std::vector<CacheKey>& touched = filling_.batch.touched;
  const auto kept =
      keys.first(std::min(kMaxMarks - std::min(kMaxMarks, touched.size()), keys.size()));
  touched.insert(touched.end(), kept.begin(), kept.end());
  WakeTaker(first);
}

void WriteQueue::AddDamaged(std::span<const WriteBatch::Damaged> rows) {
  const MutexLock lock(&mutex_);
  if (closed_) return;
  const bool first = Entries() == 0;
  NoteFirst();
  std::vector<WriteBatch::Damaged>& damaged = filling_.batch.damaged;
  const auto kept =
      rows.first(std::min(kMaxMarks - std::min(kMaxMarks, damaged.size()), rows.size()));
  damaged.insert(damaged.end(), kept.begin(), kept.end());
  WakeTaker(first);
}

void WriteQueue::Find(std::span<const CacheKey> keys, RecordList* records) const {
  const MutexLock lock(&mutex_);
  if (filling_.rows.empty() && taken_.rows.empty()) return;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (records->Has(i) || filling_.Copy(keys[i], i, records)) continue;
    taken_.Copy(keys[i], i, records);
  }
}

void WriteQueue::RetireTaken() {
  taken_.Clear();
  retired_ = generation_ - 1;
  retired_changed_.NotifyAll();
}

const WriteBatch* WriteQueue::Swap() {
  std::swap(filling_, taken_);
  ++generation_;
  nudged_ = false;
  flushing_ = false;
  return &taken_.batch;
}

const WriteBatch* WriteQueue::Take() {
  const MutexLock lock(&mutex_);
  RetireTaken();
  while (!Due()) {
    if (Entries() == 0) {
      due_.Wait(&mutex_);
    } else if (!due_.WaitUntil(&mutex_, deadline_)) {
      break;
    }
  }
  if (closed_ && Entries() == 0) return nullptr;
  return Swap();
}

const WriteBatch* WriteQueue::TakeNow() {
  const MutexLock lock(&mutex_);
  RetireTaken();
  const bool due = Due() || (Entries() > 0 && std::chrono::steady_clock::now() >= deadline_);
  if (closed_ && Entries() == 0) return nullptr;
  return due ? Swap() : &taken_.batch;
}

void WriteQueue::Nudge() {
  const MutexLock lock(&mutex_);
  nudged_ = true;
  due_.NotifyOne();
}

void WriteQueue::Flush() {
  const MutexLock lock(&mutex_);
  const uint64_t generation = generation_;
  flushing_ = true;
  due_.NotifyOne();
  while (retired_ < generation && !closed_) retired_changed_.Wait(&mutex_);
}

void WriteQueue::Close() {
  const MutexLock lock(&mutex_);
  closed_ = true;
  due_.NotifyOne();
  retired_changed_.NotifyAll();
}

}  // namespace vetor
