#include "tokenizer/models/bpe_merge.h"

#include <algorithm>
#include <array>
#include <bit>
#include <functional>

#include "tokenizer/let_go.h"

namespace vetor {
namespace {

constexpr size_t kMostByLooking = 64;
// If merges make a pair of lower rank this often, the heap takes over. Merges learnt from text
// never do that; for others, taking up a list again and again would cost its length each time.
constexpr int kMostReturns = 32;

}  // namespace

void BpeMerger::Merge(const MergeTable& merges, std::vector<BpeSymbol>* symbols) {
  merges_ = &merges;
  symbols_ = symbols;
  if (symbols->size() <= std::min(most_by_looking, kMostByLooking)) {
    MergeByLooking();
    return;
  }
  Link();
  if (symbols->size() <= most_by_heap || !MergeByRank()) MergeByHeap();
  CloseUp();
  if (neighbours_.size() <= kKeptSymbols) return;
  LetGoOf(&neighbours_);
  LetGoOf(&ranks_);
  LetGoOf(&heap_);
  LetGoOf(&buckets_);
  LetGoOf(&nodes_);
  LetGoOf(&batch_);
}

void BpeMerger::MergeByLooking() {
  BpeSymbol* const symbols = symbols_->data();
  size_t count = symbols_->size();
  std::array<uint32_t, kMostByLooking> ranks;  // indexed by the left symbol of a pair
  const auto look_up = [&](size_t i) {
    ranks[i] = merges_->Find(symbols[i].id, symbols[i + 1].id);
  };
  for (size_t i = 0; i + 1 < count; ++i) look_up(i);
  while (count > 1) {
    uint64_t lowest = UINT64_MAX;  // the rank, and the place among pairs of equal rank
    for (size_t i = 0; i + 1 < count; ++i) {
      lowest = std::min(lowest, uint64_t{ranks[i]} << 32 | i);
    }
    if (lowest >> 32 == MergeTable::kNoRank) break;
    const auto best = static_cast<size_t>(static_cast<uint32_t>(lowest));
    symbols[best].id = merges_->TokenOf(ranks[best]);
    symbols[best].size += symbols[best + 1].size;
    --count;
    for (size_t i = best + 1; i < count; ++i) {
      symbols[i] = symbols[i + 1];
      ranks[i] = ranks[i + 1];
    }
    if (best + 1 < count) look_up(best);
    if (best > 0) look_up(best - 1);
  }
  symbols_->resize(count);
}

void BpeMerger::Link() {
  const auto count = static_cast<uint32_t>(symbols_->size());
  neighbours_.resize(count);
  ranks_.resize(count);
  for (uint32_t at = 0; at < count; ++at) {
    neighbours_[at] = {at == 0 ? kNone : at - 1, at + 1 == count ? kNone : at + 1};
    ranks_[at] = RankAt(at);
  }
}

// Skips an element whose rank is no longer that of its place.
void BpeMerger::MergeByHeap() {
  heap_.clear();
  for (uint32_t at = 0; at < ranks_.size(); ++at) {
    if (ranks_[at] != MergeTable::kNoRank) heap_.push_back(uint64_t{ranks_[at]} << 32 | at);
  }
  std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    const auto rank = static_cast<uint32_t>(heap_.back() >> 32);
    const auto at = static_cast<uint32_t>(heap_.back());
    heap_.pop_back();
    if (ranks_[at] != rank) continue;
    MergeAt(at, rank, [&](uint32_t new_rank, uint32_t place) {
      heap_.push_back(uint64_t{new_rank} << 32 | place);
      std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
    });
  }
}

// Returns false if the ranks fall too often; the state is then as the heap expects it.
bool BpeMerger::MergeByRank() {
  buckets_.assign(merges_->size(), {});
  occupied_.assign(merges_->size() / 64 + 1, 0);
  nodes_.clear();
  nodes_.reserve(2 *
                 // Untouched elements cost nothing, but growing would touch all of them twice.
                 ranks_.size());
  for (uint32_t at = 0; at < ranks_.size(); ++at) {
    if (ranks_[at] != MergeTable::kNoRank) AddToBucket(ranks_[at], at);
  }
  int returns = 0;
  for (uint32_t from = 0;;) {
    const uint32_t rank = TakeLowestBatch(from);
    if (rank == MergeTable::kNoRank) return true;
    from = rank;
    if (MergeBatch(rank)) continue;
    if (++returns > kMostReturns) return false;
    from = 0;
  }
}

// Merges the places of batch_ from left to right. As soon as a pair must go first, it puts the rest
// back and returns false.
bool BpeMerger::MergeBatch(uint32_t rank) {
  for (size_t i = 0; i < batch_.size(); ++i) {
    if (ranks_[batch_[i]] != rank) continue;
    bool goes_on = true;
    MergeAt(batch_[i], rank, [&](uint32_t new_rank, uint32_t place) {
      AddToBucket(new_rank, place);
      goes_on &= new_rank > rank;
    });
    if (goes_on) continue;
    for (++i; i < batch_.size(); ++i) AddToBucket(rank, batch_[i]);
    return false;
  }
  return true;
}

// Moves the list of the lowest rank that is at least `from` to batch_, sorted by place.
uint32_t BpeMerger::TakeLowestBatch(uint32_t from) {
  size_t word = from / 64;
  while (word < occupied_.size() && occupied_[word] == 0) ++word;
  if (word == occupied_.size()) return MergeTable::kNoRank;
  const auto rank =
      static_cast<uint32_t>(word * 64) + static_cast<uint32_t>(std::countr_zero(occupied_[word]));
  occupied_[word] &= occupied_[word] - 1;
  const Bucket bucket = std::exchange(buckets_[rank], {});
  batch_.clear();
  for (uint32_t node = bucket.first; node != kNone; node = nodes_[node].next) {
    batch_.push_back(nodes_[node].at);
  }
  if (!std::is_sorted(batch_.begin(), batch_.end())) std::sort(batch_.begin(), batch_.end());
  return rank;
}

void BpeMerger::AddToBucket(uint32_t rank, uint32_t at) {
  const auto node = static_cast<uint32_t>(nodes_.size());
  nodes_.push_back({at, kNone});
  Bucket& bucket = buckets_[rank];
  if (bucket.first == kNone) {
    occupied_[rank / 64] |= uint64_t{1} << rank % 64;
    bucket.first = node;
  } else {
    nodes_[bucket.last].next = node;
  }
  bucket.last = node;
}

void BpeMerger::CloseUp() {
  const auto is_merged = [](const BpeSymbol& symbol) { return symbol.size == 0; };
  symbols_->erase(std::remove_if(symbols_->begin(), symbols_->end(), is_merged), symbols_->end());
}

}  // namespace vetor
