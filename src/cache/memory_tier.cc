#include "cache/memory_tier.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "cache/entry_checksum.h"

namespace vetor {
namespace {

constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
constexpr size_t kMaxShards = 16;
// A shard below this size would make "least recently used" a matter of luck.
constexpr size_t kMinSlotsPerShard = 256;
constexpr size_t kSlotsPerChunk = 64;

}  // namespace

struct MemoryTier::Slot {
  CacheKey key;
  uint64_t checksum = 0;
  uint32_t epoch = 0;
  uint32_t chain = kNone;  // Next slot of the same bucket.
  uint32_t newer = kNone;
  uint32_t older = kNone;
};

// Slots live in chunks that never move; `buckets_` heads the hash chains.
class MemoryTier::Shard {
 public:
  Shard(size_t dim, size_t max_slots)
      : dim_(dim),
        max_slots_(max_slots),
        buckets_(std::bit_floor(max_slots), kNone),
        bucket_mask_(buckets_.size() - 1) {
    chunks_.reserve((max_slots + kSlotsPerChunk - 1) / kSlotsPerChunk);
  }

  Found Find(const CacheKey& key, std::span<float> out);
  int Insert(const CacheKey& key, std::span<const float> vector, uint32_t epoch);
  void SetEpoch(const CacheKey& key, uint32_t epoch);
  void FlipBit(const CacheKey& key, size_t bit);
  size_t entries() const;
  size_t bytes() const;

  /// All that a tier of one shard with `slots` slots allocates.
  static size_t BytesFor(size_t dim, size_t slots);

 private:
  struct Chunk {
    std::unique_ptr<Slot[]> slots;
    std::unique_ptr<float[]> values;  // [kSlotsPerChunk, dim]
  };
  static size_t ChunkBytes(size_t dim, size_t slots) {
    return slots * (sizeof(Slot) + dim * sizeof(float));
  }
  size_t SlotsOfChunk(size_t chunk) const {
    return std::min(kSlotsPerChunk, max_slots_ - chunk * kSlotsPerChunk);
  }

  Slot& At(uint32_t index) VETOR_REQUIRES(mutex_) {
    return chunks_[index / kSlotsPerChunk].slots[index % kSlotsPerChunk];
  }
  std::span<float> Values(uint32_t index) VETOR_REQUIRES(mutex_) {
    return {chunks_[index / kSlotsPerChunk].values.get() + index % kSlotsPerChunk * dim_, dim_};
  }
  uint32_t& Bucket(const CacheKey& key) VETOR_REQUIRES(mutex_) {
    // The low bits chose the shard.
    return buckets_[(CacheKeyHash()(key) >> 16) & bucket_mask_];
  }
  uint32_t Lookup(const CacheKey& key) VETOR_REQUIRES(mutex_);
  void Unlink(uint32_t index) VETOR_REQUIRES(mutex_);
  void LinkNewest(uint32_t index) VETOR_REQUIRES(mutex_);
  void Unchain(uint32_t index) VETOR_REQUIRES(mutex_);
  uint32_t FreeSlot(int* evicted) VETOR_REQUIRES(mutex_);

  const size_t dim_;
  const size_t max_slots_;
  mutable Mutex mutex_;
  std::vector<Chunk> chunks_ VETOR_GUARDED_BY(mutex_);
  std::vector<uint32_t> buckets_ VETOR_GUARDED_BY(mutex_);
  const size_t bucket_mask_;
  std::vector<uint32_t> free_ VETOR_GUARDED_BY(mutex_);  // Left by damage; at most a few.
  size_t used_slots_ VETOR_GUARDED_BY(mutex_) = 0;       // Slots ever given out.
  uint32_t newest_ VETOR_GUARDED_BY(mutex_) = kNone;
  uint32_t oldest_ VETOR_GUARDED_BY(mutex_) = kNone;
};

size_t MemoryTier::Shard::BytesFor(size_t dim, size_t slots) {
  const size_t chunks = (slots + kSlotsPerChunk - 1) / kSlotsPerChunk;
  // 32 bytes a chunk for the allocator's own headers.
  return sizeof(Shard) + ChunkBytes(dim, slots) + chunks * (sizeof(Chunk) + 32) +
         std::bit_floor(slots) * sizeof(uint32_t);
}

uint32_t MemoryTier::Shard::Lookup(const CacheKey& key) {
  uint32_t index = Bucket(key);
  while (index != kNone && !(At(index).key == key)) index = At(index).chain;
  return index;
}

void MemoryTier::Shard::Unlink(uint32_t index) {
  const Slot& slot = At(index);
  (slot.newer == kNone ? newest_ : At(slot.newer).older) = slot.older;
  (slot.older == kNone ? oldest_ : At(slot.older).newer) = slot.newer;
}

void MemoryTier::Shard::LinkNewest(uint32_t index) {
  Slot& slot = At(index);
  slot.newer = kNone;
  slot.older = newest_;
  (newest_ == kNone ? oldest_ : At(newest_).newer) = index;
  newest_ = index;
}

void MemoryTier::Shard::Unchain(uint32_t index) {
  uint32_t* link = &Bucket(At(index).key);
  while (*link != index) link = &At(*link).chain;
  *link = At(index).chain;
}

uint32_t MemoryTier::Shard::FreeSlot(int* evicted) {
  if (!free_.empty()) {
    const uint32_t index = free_.back();
    free_.pop_back();
    return index;
  }
  if (used_slots_ == max_slots_) {
    const uint32_t index = oldest_;
    Unchain(index);
    Unlink(index);
    ++*evicted;
    return index;
  }
  if (used_slots_ == chunks_.size() * kSlotsPerChunk) {
    const size_t slots = SlotsOfChunk(chunks_.size());
    chunks_.push_back(
        {std::make_unique<Slot[]>(slots), std::make_unique_for_overwrite<float[]>(slots * dim_)});
  }
  return static_cast<uint32_t>(used_slots_++);
}

MemoryTier::Found MemoryTier::Shard::Find(const CacheKey& key, std::span<float> out) {
  Found found;
  const MutexLock lock(&mutex_);
  const uint32_t index = Lookup(key);
  if (index == kNone) return found;
  const Slot& slot = At(index);
  const std::span<float> values = Values(index);
  if (EntryChecksum(key, 0, values) != slot.checksum) {
    Unchain(index);
    Unlink(index);
    free_.push_back(index);
    found.damaged = true;
    return found;
  }
  std::copy(values.begin(), values.end(), out.begin());
  if (index != newest_) {
    Unlink(index);
    LinkNewest(index);
  }
  found.hit = true;
  found.epoch = slot.epoch;
  return found;
}

int MemoryTier::Shard::Insert(const CacheKey& key, std::span<const float> vector, uint32_t epoch) {
  const uint64_t checksum = EntryChecksum(key, 0, vector);
  int evicted = 0;
  const MutexLock lock(&mutex_);
  uint32_t index = Lookup(key);
  if (index == kNone) {
    index = FreeSlot(&evicted);
    Slot& slot = At(index);
    slot.key = key;
    uint32_t& bucket = Bucket(key);
    slot.chain = bucket;
    bucket = index;
  } else {
    Unlink(index);
  }
  LinkNewest(index);
  Slot& slot = At(index);
  slot.checksum = checksum;
  slot.epoch = epoch;
  std::copy(vector.begin(), vector.end(), Values(index).begin());
  return evicted;
}

void MemoryTier::Shard::SetEpoch(const CacheKey& key, uint32_t epoch) {
  const MutexLock lock(&mutex_);
  const uint32_t index = Lookup(key);
  if (index != kNone) At(index).epoch = epoch;
}

void MemoryTier::Shard::FlipBit(const CacheKey& key, size_t bit) {
  const MutexLock lock(&mutex_);
  const uint32_t index = Lookup(key);
  if (index == kNone) return;
  auto* bytes = reinterpret_cast<uint8_t*>(Values(index).data());
  bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ (1U << bit % 8));
}

size_t MemoryTier::Shard::entries() const {
  const MutexLock lock(&mutex_);
  return used_slots_ - free_.size();
}

size_t MemoryTier::Shard::bytes() const {
  const MutexLock lock(&mutex_);
  size_t total = sizeof(Shard) + buckets_.size() * sizeof(uint32_t) +
                 chunks_.capacity() * sizeof(Chunk) + free_.capacity() * sizeof(uint32_t);
  for (size_t i = 0; i < chunks_.size(); ++i) total += ChunkBytes(dim_, SlotsOfChunk(i)) + 32;
  return total;
}

MemoryTier::MemoryTier(size_t dim, int64_t bytes) {
  // Slot numbers are 32 bits; 2^30 of them is beyond any machine's memory.
  const size_t limit = std::min(static_cast<size_t>(std::max<int64_t>(bytes, 0)),
                                (size_t{1} << 30) * dim * sizeof(float));
  const size_t slot_bytes = sizeof(Slot) + dim * sizeof(float);
  const size_t shards =
      std::clamp<size_t>(std::bit_floor(limit / slot_bytes / kMinSlotsPerShard), 1, kMaxShards);
  const size_t shard_limit = limit / shards;
  size_t slots = shard_limit / slot_bytes;
  while (slots > 0 && Shard::BytesFor(dim, slots) > shard_limit) {
    const size_t excess = Shard::BytesFor(dim, slots) - shard_limit;
    slots -= std::min(slots, std::max<size_t>(1, excess / (slot_bytes + sizeof(uint32_t) * 2)));
  }
  if (slots == 0) return;
  capacity_ = shards * slots;
  for (size_t i = 0; i < shards; ++i) shards_.push_back(std::make_unique<Shard>(dim, slots));
}

MemoryTier::~MemoryTier() = default;

MemoryTier::Shard& MemoryTier::ShardOf(const CacheKey& key) const {
  return *shards_[CacheKeyHash()(key) & (shards_.size() - 1)];
}

MemoryTier::Found MemoryTier::Find(const CacheKey& key, std::span<float> out) {
  return shards_.empty() ? Found() : ShardOf(key).Find(key, out);
}

int MemoryTier::Insert(const CacheKey& key, std::span<const float> vector, uint32_t epoch) {
  return shards_.empty() ? 0 : ShardOf(key).Insert(key, vector, epoch);
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
