// Merges the symbols of one piece. The pair of neighbours with the lowest rank becomes one symbol
// (the leftmost among equals), until no pair is left that merges. Three ways give the same result:
// looking at all pairs for each merge (short pieces), a heap, and lists by rank (very long pieces;
// the time is linear except for the sorting of places).
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "tokenizer/models/merge_table.h"

namespace vetor {

/// Room for this many symbols is kept from piece to piece; what a longer piece took is given back.
inline constexpr size_t kKeptSymbols = 1 << 16;

struct BpeSymbol {
  int32_t id;
  uint32_t size;  ///< Bytes of the piece; 0 if the symbol was merged into the one before.
};

/// Merges in place and closes the gaps, so no symbol of size 0 is left. Keeps its buffers from
/// piece to piece. Not thread-safe.
class BpeMerger {
 public:
  void Merge(const MergeTable& merges, std::vector<BpeSymbol>* symbols);

  /// Where one way takes over from another, in symbols; measured on RoBERTa and ModernBERT. Tests
  /// that compare the ways set these before the first Merge.
  size_t most_by_looking = 48;
  size_t most_by_heap = 4096;

 private:
  static constexpr uint32_t kNone = UINT32_MAX;

  struct Neighbours {
    uint32_t previous;
    uint32_t next;
  };
  // The places that have one rank, as a list in nodes_.
  struct Bucket {
    uint32_t first = kNone;
    uint32_t last = kNone;
  };
  struct Node {
    uint32_t at;
    uint32_t next;
  };

  void MergeByLooking();
  void Link();
  void MergeByHeap();
  bool MergeByRank();
  bool MergeBatch(uint32_t rank);
  uint32_t TakeLowestBatch(uint32_t from);
  void AddToBucket(uint32_t rank, uint32_t at);
  void CloseUp();

  uint32_t RankAt(uint32_t at) const {
    if (neighbours_[at].next == kNone) return MergeTable::kNoRank;
    return merges_->Find((*symbols_)[at].id, (*symbols_)[neighbours_[at].next].id);
  }

  // Merges the symbol at `at` with its right neighbour, and offers the two pairs that changed.
  template <typename Offer>
  void MergeAt(uint32_t at, uint32_t rank, const Offer& offer) {
    std::vector<BpeSymbol>& symbols = *symbols_;
    const uint32_t right = neighbours_[at].next;
    symbols[at].id = merges_->TokenOf(rank);
    symbols[at].size += std::exchange(symbols[right].size, 0U);
    const uint32_t after = neighbours_[at].next = neighbours_[right].next;
    if (after != kNone) neighbours_[after].previous = at;
    ranks_[right] = MergeTable::kNoRank;
    const uint32_t before = neighbours_[at].previous;
    for (const uint32_t place : {before, at}) {
      if (place == kNone) continue;
      ranks_[place] = RankAt(place);
      if (ranks_[place] != MergeTable::kNoRank) offer(ranks_[place], place);
    }
  }

  const MergeTable* merges_ = nullptr;
  std::vector<BpeSymbol>* symbols_ = nullptr;
  // For pieces that are not short, indexed by place: neighbours, and the rank of the pair that
  // begins there.
  std::vector<Neighbours> neighbours_;
  std::vector<uint32_t> ranks_;
  std::vector<uint64_t> heap_;  // rank << 32 | place
  // For very long pieces.
  std::vector<Bucket> buckets_;     // indexed by rank
  std::vector<uint64_t> occupied_;  // one bit per rank: whether it has a list
  std::vector<Node> nodes_;
  std::vector<uint32_t> batch_;
};

}  // namespace vetor
