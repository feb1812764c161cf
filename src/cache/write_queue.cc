#include "cache/write_queue.h"

#include <algorithm>

namespace vetor {
namespace {

constexpr size_t kMaxMarks = 4096;

// Room for `more` elements, which then cannot fail half-way; grows as push_back does.
template <typename T>
void MakeRoom(size_t more, std::vector<T>* values) {
  const size_t needed = values->size() + more;
  if (needed > values->capacity()) values->reserve(std::max(needed, 2 * values->capacity()));
}

}  // namespace

void WriteQueue::Half::Clear() {
  batch.rows.clear();
  batch.values.clear();
  batch.touched.clear();
  batch.damaged.clear();
  rows.clear();
}

bool WriteQueue::Half::Copy(const CacheKey& key, std::span<float> out) const {
  const auto place = rows.find(key);
  if (place == rows.end()) return false;
  std::copy_n(batch.values.begin() + place->second * out.size(), out.size(), out.begin());
  return true;
}

// The hash table's node, its share of the bucket array and the allocator's header: 64 bytes.
size_t WriteQueue::EntryBytes() const {
  return options_.dim * sizeof(float) + sizeof(WriteBatch::Row) + 64;
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

size_t WriteQueue::Add(std::span<const CacheKey> keys, std::span<const float> vectors,
                       int64_t stamp) {
  const MutexLock lock(&mutex_);
  if (closed_) return keys.size();
  const bool first = Entries() == 0;
  NoteFirst();
  const size_t dim = options_.dim;
  const size_t max_rows = options_.max_bytes / EntryBytes();
  size_t dropped = 0;
  WriteBatch& batch = filling_.batch;
  for (size_t i = 0; i < keys.size(); ++i) {
    const auto place = filling_.rows.find(keys[i]);
    if (place != filling_.rows.end()) {
      batch.rows[place->second].stamp = stamp;
      std::copy_n(vectors.begin() + i * dim, dim, batch.values.begin() + place->second * dim);
      continue;
    }
    if (batch.rows.size() + taken_.rows.size() >= max_rows) {
      ++dropped;
      continue;
    }
    // Memory that the system refuses must not leave a row without its vector.
    MakeRoom(1, &batch.rows);
    MakeRoom(dim, &batch.values);
    filling_.rows.emplace(keys[i], static_cast<uint32_t>(batch.rows.size()));
    batch.rows.push_back({keys[i], stamp});
    batch.values.insert(batch.values.end(), vectors.begin() + i * dim,
                        vectors.begin() + (i + 1) * dim);
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
  const size_t room = kMaxMarks - std::min(kMaxMarks, touched.size());
  touched.insert(touched.end(), keys.begin(), keys.begin() + std::min(room, keys.size()));
  WakeTaker(first);
}

void WriteQueue::AddDamaged(std::span<const WriteBatch::Damaged> rows) {
  const MutexLock lock(&mutex_);
  if (closed_) return;
  const bool first = Entries() == 0;
  NoteFirst();
  std::vector<WriteBatch::Damaged>& damaged = filling_.batch.damaged;
  const size_t room = kMaxMarks - std::min(kMaxMarks, damaged.size());
  damaged.insert(damaged.end(), rows.begin(), rows.begin() + std::min(room, rows.size()));
  WakeTaker(first);
}

void WriteQueue::Find(std::span<const CacheKey> keys, std::vector<uint32_t>* wanted,
                      std::span<float> out, std::vector<uint32_t>* found) const {
  const MutexLock lock(&mutex_);
  if (filling_.rows.empty() && taken_.rows.empty()) return;
  std::vector<uint32_t> left;
  for (const uint32_t i : *wanted) {
    const std::span<float> row = out.subspan(i * options_.dim, options_.dim);
    if (filling_.Copy(keys[i], row) || taken_.Copy(keys[i], row)) {
      found->push_back(i);
    } else {
      left.push_back(i);
    }
  }
  wanted->swap(left);
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
