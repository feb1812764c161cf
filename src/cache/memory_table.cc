#include "cache/memory_table.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <memory>
#include <utility>

#include "cache/entry_checksum.h"

namespace vetor {
namespace {

constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
constexpr size_t kMaxShards = 16;
// A shard below this size would make "least recently used" a matter of luck.
constexpr size_t kMinShardBytes = 512 << 10;
// Slots per chunk. A chunk is a 64th of the shard: few pages then hold all slots, and few slots are
// made in vain.
constexpr size_t kLeastSlotsPerChunk = 16;
constexpr size_t kMostSlotsPerChunk = 1024;
constexpr size_t kFirstCells = 32;

// The allocator adds a header and rounds up.
constexpr size_t Allocated(size_t bytes) { return (bytes + sizeof(size_t) + 15) / 16 * 16; }

// At most 85 % of the cells are used, so that a key lies two to four cells from its home.
constexpr bool NeedsMoreCells(size_t entries, size_t cells) { return entries * 20 >= cells * 17; }
constexpr size_t MoreCells(size_t cells) { return cells + cells / 4; }

}  // namespace

// The facts of an entry, apart from its cell.
struct MemoryTable::Slot {
  CacheKey key;
  uint64_t checksum = 0;
  TextInfo info;
  uint32_t size = 0;  // Bytes of the payload.
  uint32_t epoch = 0;
  uint32_t newer = kNone;
  uint32_t older = kNone;  // In a free slot: the next free one.
};

// A cell of the hash table. It leads to slot and payload at once. When the slot held the payload's
// place, the processor had to wait for the slot before it could ask for the payload, and a hit took
// a quarter longer (20,000 entries of 384 floats).
struct MemoryTable::Cell {
  std::unique_ptr<uint8_t[]> payload;
  uint32_t hash = 0;
  uint32_t slot = kNone;  // kNone means that the cell is empty.
};

// A hash table with linear probing over slots in chunks that never move.
class MemoryTable::Shard {
 public:
  explicit Shard(size_t max_bytes)
      : max_bytes_(max_bytes),
        slots_per_chunk_(std::clamp(std::bit_floor(max_bytes / 64 / sizeof(Slot)),
                                    kLeastSlotsPerChunk, kMostSlotsPerChunk)),
        chunk_shift_(std::countr_zero(slots_per_chunk_)),
        cells_(kFirstCells),
        bytes_(Allocated(sizeof(Shard)) + CellBytes(kFirstCells)) {}
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  Found Find(const CacheKey& key, size_t i, RecordList* out);
  int Insert(const CacheKey& key, const Record& record, uint32_t epoch);
  void SetEpoch(const CacheKey& key, uint32_t epoch);
  void FlipBit(const CacheKey& key, size_t bit);
  size_t entries() const;
  size_t bytes() const;

 private:
  static uint32_t HashOf(const CacheKey& key) {
    return static_cast<uint32_t>(CacheKeyHash()(key) >> 32);  // The low bits have chosen the shard.
  }
  static size_t CellBytes(size_t cells) { return cells * sizeof(Cell); }
  // Bytes of the chunks and of their places in chunks_.
  size_t ChunkBytes() const {
    return Allocated(slots_per_chunk_ * sizeof(Slot)) + 2 * sizeof(void*);
  }

  Slot& At(uint32_t slot) VETOR_REQUIRES(mutex_) {
    return chunks_[slot >> chunk_shift_][slot & (slots_per_chunk_ - 1)];
  }
  size_t HomeOf(uint32_t hash) const VETOR_REQUIRES(mutex_) {
    return (uint64_t{hash} * cells_.size()) >> 32;
  }
  size_t After(size_t cell) const VETOR_REQUIRES(mutex_) {
    return cell + 1 == cells_.size() ? 0 : cell + 1;
  }
  // The key's cell, or the empty cell that it would take.
  Cell& CellOf(const CacheKey& key) VETOR_REQUIRES(mutex_);
  void Unlink(uint32_t slot) VETOR_REQUIRES(mutex_);
  void LinkNewest(uint32_t slot) VETOR_REQUIRES(mutex_);
  void Remove(Cell* cell) VETOR_REQUIRES(mutex_);
  int MakeRoom(size_t payload_bytes) VETOR_REQUIRES(mutex_);
  void MakeSlots() VETOR_REQUIRES(mutex_);
  void MakeCells() VETOR_REQUIRES(mutex_);

  const size_t max_bytes_;
  const size_t slots_per_chunk_;  // A power of two.
  const int chunk_shift_;
  mutable Mutex mutex_;
  std::vector<std::unique_ptr<Slot[]>> chunks_ VETOR_GUARDED_BY(mutex_);
  std::vector<Cell> cells_ VETOR_GUARDED_BY(mutex_);
  uint32_t free_ VETOR_GUARDED_BY(mutex_) = kNone;  // The first free slot.
  size_t entries_ VETOR_GUARDED_BY(mutex_) = 0;
  size_t bytes_ VETOR_GUARDED_BY(mutex_);
  uint32_t newest_ VETOR_GUARDED_BY(mutex_) = kNone;
  uint32_t oldest_ VETOR_GUARDED_BY(mutex_) = kNone;
};

MemoryTable::Cell& MemoryTable::Shard::CellOf(const CacheKey& key) {
  const uint32_t hash = HashOf(key);
  size_t cell = HomeOf(hash);
  while (cells_[cell].slot != kNone &&
         (cells_[cell].hash != hash || !(At(cells_[cell].slot).key == key))) {
    cell = After(cell);
  }
  return cells_[cell];
}

void MemoryTable::Shard::Unlink(uint32_t slot) {
  const Slot& gone = At(slot);
  (gone.newer == kNone ? newest_ : At(gone.newer).older) = gone.older;
  (gone.older == kNone ? oldest_ : At(gone.older).newer) = gone.newer;
}

void MemoryTable::Shard::LinkNewest(uint32_t slot) {
  At(slot).newer = kNone;
  At(slot).older = newest_;
  (newest_ == kNone ? oldest_ : At(newest_).newer) = slot;
  newest_ = slot;
}

void MemoryTable::Shard::Remove(Cell* cell) {
  Unlink(cell->slot);
  --entries_;
  bytes_ -= Allocated(At(cell->slot).size);
  At(cell->slot).older = std::exchange(free_, cell->slot);
  *cell = Cell();
  // Entries that were pushed past the cell move back, so that no search ends at the hole.
  auto hole = static_cast<size_t>(cell - cells_.data());
  for (size_t next = After(hole); cells_[next].slot != kNone; next = After(next)) {
    const size_t home = HomeOf(cells_[next].hash);
    const bool home_between =
        hole < next ? hole < home && home <= next : hole < home || home <= next;
    if (home_between) continue;
    cells_[hole] = std::exchange(cells_[next], Cell());
    hole = next;
  }
}

// Makes room for one more entry, with a free slot, and returns how many entries it evicted.
int MemoryTable::Shard::MakeRoom(size_t payload_bytes) {
  const bool more_cells = NeedsMoreCells(entries_ + 1, cells_.size());
  // Old and new cells exist together for a moment, so both are counted.
  const size_t bytes = payload_bytes + (more_cells ? CellBytes(MoreCells(cells_.size())) : 0);
  int evicted = 0;
  while (oldest_ != kNone && bytes_ + bytes + (free_ == kNone ? ChunkBytes() : 0) > max_bytes_) {
    Remove(&CellOf(At(oldest_).key));
    ++evicted;
  }
  if (free_ == kNone) MakeSlots();
  if (more_cells) MakeCells();
  return evicted;
}

void MemoryTable::Shard::MakeSlots() {
  if (chunks_.size() == chunks_.capacity()) chunks_.reserve(2 * chunks_.size() + 1);
  chunks_.push_back(std::make_unique<Slot[]>(slots_per_chunk_));
  bytes_ += ChunkBytes();
  const size_t first = (chunks_.size() - 1) * slots_per_chunk_;
  for (size_t i = first + slots_per_chunk_; i-- > first;) {
    const auto slot = static_cast<uint32_t>(i);
    At(slot).older = std::exchange(free_, slot);
  }
}

void MemoryTable::Shard::MakeCells() {
  std::vector<Cell> fewer(MoreCells(cells_.size()));
  cells_.swap(fewer);
  bytes_ += CellBytes(cells_.size()) - CellBytes(fewer.size());
  for (Cell& cell : fewer) {
    if (cell.slot == kNone) continue;
    size_t place = HomeOf(cell.hash);
    while (cells_[place].slot != kNone) place = After(place);
    cells_[place] = std::move(cell);
  }
}

MemoryTable::Found MemoryTable::Shard::Find(const CacheKey& key, size_t i, RecordList* out) {
  Found found;
  const MutexLock lock(&mutex_);
  Cell& cell = CellOf(key);
  if (cell.slot == kNone) return found;
  const uint32_t index = cell.slot;
  const Slot& slot = At(index);
  const Record record{.info = slot.info,
                      .payload = {.bytes = {cell.payload.get(), slot.size}, .owner = nullptr}};
  if (EntryChecksum({.key = key}, record) != slot.checksum) {
    Remove(&cell);
    found.damaged = true;
    return found;
  }
  out->Set(i, record);
  if (index != newest_) {
    Unlink(index);
    LinkNewest(index);
  }
  found.hit = true;
  found.epoch = slot.epoch;
  return found;
}

int MemoryTable::Shard::Insert(const CacheKey& key, const Record& record, uint32_t epoch) {
  const size_t size = record.payload.size();
  const size_t bytes = Allocated(size);
  if (size > UINT32_MAX || bytes > max_bytes_ / 2) return 0;
  const uint64_t checksum = EntryChecksum({.key = key}, record);
  auto payload = std::make_unique_for_overwrite<uint8_t[]>(size);
  std::copy(record.payload.begin(), record.payload.end(), payload.get());

  const MutexLock lock(&mutex_);
  if (Cell& old = CellOf(key); old.slot != kNone) Remove(&old);
  const int evicted = MakeRoom(bytes);
  const uint32_t index = free_;
  free_ = At(index).older;
  At(index) = {.key = key,
               .checksum = checksum,
               .info = record.info,
               .size = static_cast<uint32_t>(size),
               .epoch = epoch};
  Cell& cell = CellOf(key);
  cell.payload = std::move(payload);
  cell.hash = HashOf(key);
  cell.slot = index;
  LinkNewest(index);
  ++entries_;
  bytes_ += bytes;
  return evicted;
}

void MemoryTable::Shard::SetEpoch(const CacheKey& key, uint32_t epoch) {
  const MutexLock lock(&mutex_);
  const Cell& cell = CellOf(key);
  if (cell.slot != kNone) At(cell.slot).epoch = epoch;
}

void MemoryTable::Shard::FlipBit(const CacheKey& key, size_t bit) {
  const MutexLock lock(&mutex_);
  const Cell& cell = CellOf(key);
  if (cell.slot == kNone) return;
  cell.payload[bit / 8] = static_cast<uint8_t>(cell.payload[bit / 8] ^ (1U << bit % 8));
}

size_t MemoryTable::Shard::entries() const {
  const MutexLock lock(&mutex_);
  return entries_;
}

size_t MemoryTable::Shard::bytes() const {
  const MutexLock lock(&mutex_);
  return bytes_;
}

MemoryTable::MemoryTable(int64_t bytes) {
  if (bytes < kLeastBytes) return;
  const auto limit = static_cast<size_t>(bytes);
  const size_t shards = std::clamp<size_t>(std::bit_floor(limit / kMinShardBytes), 1, kMaxShards);
  for (size_t i = 0; i < shards; ++i) shards_.push_back(std::make_unique<Shard>(limit / shards));
}

MemoryTable::~MemoryTable() = default;

MemoryTable::Shard& MemoryTable::ShardOf(const CacheKey& key) const {
  return *shards_[CacheKeyHash()(key) & (shards_.size() - 1)];
}

MemoryTable::Found MemoryTable::Find(const CacheKey& key, size_t i, RecordList* out) {
  return shards_.empty() ? Found() : ShardOf(key).Find(key, i, out);
}

int MemoryTable::Insert(const CacheKey& key, const Record& record, uint32_t epoch) {
  return shards_.empty() ? 0 : ShardOf(key).Insert(key, record, epoch);
}

void MemoryTable::SetEpoch(const CacheKey& key, uint32_t epoch) {
  if (!shards_.empty()) ShardOf(key).SetEpoch(key, epoch);
}

void MemoryTable::FlipBit(const CacheKey& key, size_t bit) { ShardOf(key).FlipBit(key, bit); }

size_t MemoryTable::entries() const {
  size_t total = 0;
  for (const auto& shard : shards_) total += shard->entries();
  return total;
}

size_t MemoryTable::bytes() const {
  size_t total = 0;
  for (const auto& shard : shards_) total += shard->bytes();
  return total;
}

}  // namespace vetor
