#include "cache/memory_tier.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <span>
#include <utility>

#include "cache/entry_checksum.h"

namespace vetor {
namespace {

constexpr size_t kMaxShards = 16;
// A shard below this size would make "least recently used" a matter of luck.
constexpr size_t kMinShardBytes = 512 << 10;
constexpr size_t kFirstBuckets = 32;
// On average, before the table grows.
constexpr size_t kEntriesPerBucket = 2;

}  // namespace

// One block of memory: the payload follows, so that a hit touches neighbouring bytes.
struct MemoryTier::Entry {
  CacheKey key;
  uint64_t checksum = 0;
  Entry* chain = nullptr;  // Next of the same bucket.
  Entry* newer = nullptr;
  Entry* older = nullptr;
  TextInfo info;
  uint32_t size = 0;
  uint32_t epoch = 0;

  struct Free {
    void operator()(Entry* entry) const { ::operator delete(entry); }
  };
  using Owner = std::unique_ptr<Entry, Free>;
  static Owner Make(size_t payload_size) {
    return Owner(new (::operator new(sizeof(Entry) + payload_size)) Entry);
  }
  // With the allocator's header and rounding.
  static size_t Bytes(size_t payload_size) { return (sizeof(Entry) + payload_size + 23) / 16 * 16; }

  std::span<uint8_t> payload() { return {reinterpret_cast<uint8_t*>(this + 1), size}; }
  Record record() { return {.info = info, .payload = payload(), .owner = nullptr}; }
};

class MemoryTier::Shard {
 public:
  explicit Shard(size_t max_bytes)
      : max_bytes_(max_bytes), buckets_(kFirstBuckets), bytes_(sizeof(Shard) + BucketBytes()) {}
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  Found Find(const CacheKey& key, size_t i, RecordList* out);
  int Insert(const CacheKey& key, const Record& record, uint32_t epoch);
  void SetEpoch(const CacheKey& key, uint32_t epoch);
  void FlipBit(const CacheKey& key, size_t bit);
  size_t entries() const;
  size_t bytes() const;

 private:
  size_t BucketBytes() const VETOR_REQUIRES(mutex_) { return buckets_.size() * sizeof(Entry*); }
  Entry*& Bucket(const CacheKey& key) VETOR_REQUIRES(mutex_) {
    // The low bits chose the shard.
    return buckets_[(CacheKeyHash()(key) >> 16) & (buckets_.size() - 1)];
  }
  Entry* Lookup(const CacheKey& key) VETOR_REQUIRES(mutex_);
  void Unlink(Entry* entry) VETOR_REQUIRES(mutex_);
  void LinkNewest(Entry* entry) VETOR_REQUIRES(mutex_);
  void Remove(Entry* entry) VETOR_REQUIRES(mutex_);
  int EvictFor(size_t bytes) VETOR_REQUIRES(mutex_);
  void GrowBuckets() VETOR_REQUIRES(mutex_);

  const size_t max_bytes_;
  mutable Mutex mutex_;
  std::vector<Entry*> buckets_ VETOR_GUARDED_BY(mutex_);  // Heads of the chains; a power of two.
  size_t entries_ VETOR_GUARDED_BY(mutex_) = 0;
  size_t bytes_ VETOR_GUARDED_BY(mutex_);
  Entry* newest_ VETOR_GUARDED_BY(mutex_) = nullptr;
  Entry* oldest_ VETOR_GUARDED_BY(mutex_) = nullptr;
};

MemoryTier::Shard::~Shard() {
  while (oldest_ != nullptr) Entry::Free()(std::exchange(oldest_, oldest_->newer));
}

MemoryTier::Entry* MemoryTier::Shard::Lookup(const CacheKey& key) {
  Entry* entry = Bucket(key);
  while (entry != nullptr && !(entry->key == key)) entry = entry->chain;
  return entry;
}

void MemoryTier::Shard::Unlink(Entry* entry) {
  (entry->newer == nullptr ? newest_ : entry->newer->older) = entry->older;
  (entry->older == nullptr ? oldest_ : entry->older->newer) = entry->newer;
}

void MemoryTier::Shard::LinkNewest(Entry* entry) {
  entry->newer = nullptr;
  entry->older = newest_;
  (newest_ == nullptr ? oldest_ : newest_->newer) = entry;
  newest_ = entry;
}

void MemoryTier::Shard::Remove(Entry* entry) {
  Entry** link = &Bucket(entry->key);
  while (*link != entry) link = &(*link)->chain;
  *link = entry->chain;
  Unlink(entry);
  --entries_;
  bytes_ -= Entry::Bytes(entry->size);
  Entry::Free()(entry);
}

int MemoryTier::Shard::EvictFor(size_t bytes) {
  int evicted = 0;
  while (oldest_ != nullptr && bytes_ + bytes > max_bytes_) {
    Remove(oldest_);
    ++evicted;
  }
  return evicted;
}

void MemoryTier::Shard::GrowBuckets() {
  std::vector<Entry*> smaller(buckets_.size() * 2);
  bytes_ += BucketBytes();
  buckets_.swap(smaller);
  for (Entry* head : smaller) {
    while (head != nullptr) {
      Entry* const entry = std::exchange(head, head->chain);
      Entry*& bucket = Bucket(entry->key);
      entry->chain = std::exchange(bucket, entry);
    }
  }
}

MemoryTier::Found MemoryTier::Shard::Find(const CacheKey& key, size_t i, RecordList* out) {
  Found found;
  const MutexLock lock(&mutex_);
  Entry* const entry = Lookup(key);
  if (entry == nullptr) return found;
  const Record record = entry->record();
  if (EntryChecksum({.key = key}, record) != entry->checksum) {
    Remove(entry);
    found.damaged = true;
    return found;
  }
  out->Set(i, record);
  if (entry != newest_) {
    Unlink(entry);
    LinkNewest(entry);
  }
  found.hit = true;
  found.epoch = entry->epoch;
  return found;
}

int MemoryTier::Shard::Insert(const CacheKey& key, const Record& record, uint32_t epoch) {
  const size_t bytes = Entry::Bytes(record.payload.size());
  if (record.payload.size() > UINT32_MAX || bytes > max_bytes_ / 2) return 0;
  Entry::Owner made = Entry::Make(record.payload.size());
  made->key = key;
  made->info = record.info;
  made->size = static_cast<uint32_t>(record.payload.size());
  made->epoch = epoch;
  made->checksum = EntryChecksum({.key = key}, record);
  std::copy(record.payload.begin(), record.payload.end(), made->payload().begin());

  const MutexLock lock(&mutex_);
  if (Entry* const old = Lookup(key); old != nullptr) Remove(old);
  const bool grow = entries_ >= buckets_.size() * kEntriesPerBucket;
  // Old and new table are there together for a moment: both are counted.
  const int evicted = EvictFor(bytes + (grow ? 2 * BucketBytes() : 0));
  if (grow) GrowBuckets();
  Entry* const entry = made.release();
  Entry*& bucket = Bucket(key);
  entry->chain = std::exchange(bucket, entry);
  LinkNewest(entry);
  ++entries_;
  bytes_ += bytes;
  return evicted;
}

void MemoryTier::Shard::SetEpoch(const CacheKey& key, uint32_t epoch) {
  const MutexLock lock(&mutex_);
  Entry* const entry = Lookup(key);
  if (entry != nullptr) entry->epoch = epoch;
}

void MemoryTier::Shard::FlipBit(const CacheKey& key, size_t bit) {
  const MutexLock lock(&mutex_);
  Entry* const entry = Lookup(key);
  if (entry == nullptr) return;
  uint8_t& byte = entry->payload()[bit / 8];
  byte = static_cast<uint8_t>(byte ^ (1U << bit % 8));
}

size_t MemoryTier::Shard::entries() const {
  const MutexLock lock(&mutex_);
  return entries_;
}

size_t MemoryTier::Shard::bytes() const {
  const MutexLock lock(&mutex_);
  return bytes_;
}

MemoryTier::MemoryTier(int64_t bytes) {
  if (bytes < kLeastBytes) return;
  const auto limit = static_cast<size_t>(bytes);
  const size_t shards = std::clamp<size_t>(std::bit_floor(limit / kMinShardBytes), 1, kMaxShards);
  for (size_t i = 0; i < shards; ++i) shards_.push_back(std::make_unique<Shard>(limit / shards));
}

MemoryTier::~MemoryTier() = default;

MemoryTier::Shard& MemoryTier::ShardOf(const CacheKey& key) const {
  return *shards_[CacheKeyHash()(key) & (shards_.size() - 1)];
}

MemoryTier::Found MemoryTier::Find(const CacheKey& key, size_t i, RecordList* out) {
  return shards_.empty() ? Found() : ShardOf(key).Find(key, i, out);
}

int MemoryTier::Insert(const CacheKey& key, const Record& record, uint32_t epoch) {
  return shards_.empty() ? 0 : ShardOf(key).Insert(key, record, epoch);
}

void MemoryTier::SetEpoch(const CacheKey& key, uint32_t epoch) {
  if (!shards_.empty()) ShardOf(key).SetEpoch(key, epoch);
}

void MemoryTier::FlipBit(const CacheKey& key, size_t bit) { ShardOf(key).FlipBit(key, bit); }

size_t MemoryTier::entries() const {
  size_t total = 0;
  for (const auto& shard : shards_) total += shard->entries();
  return total;
}

size_t MemoryTier::bytes() const {
  size_t total = 0;
  for (const auto& shard : shards_) total += shard->bytes();
  return total;
}

}  // namespace vetor
