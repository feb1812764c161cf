// Says which pairs of tokens merge, in which order, and into which token.
#pragma once

#include <cstdint>
#include <span>

#include "tokenizer/compiled/table_file.h"
#include "vetor/status.h"

namespace vetor {

/// An open-addressed table of pairs, 8 bytes per slot, behind a filter of about 16 bits per merge.
/// 50,000 merges take 512 KiB, 128 KiB of filter and 200 KiB of tokens, so all three stay in the
/// second-level cache. Most pairs do not merge, and the filter answers for nearly all of them.
/// Immutable; thread-safe.
class MergeTable {
 public:
  struct Merge {
    int32_t left;
    int32_t right;
    int32_t token;
  };
  /// The rank of a pair that does not merge. Ranks count the merges from 0; the lowest goes first.
  static constexpr uint32_t kNoRank = UINT32_MAX;

  MergeTable() = default;
  /// If a pair occurs twice, the later merge counts. Errors: RESOURCE_EXHAUSTED if ids and ranks
  /// together do not fit 64 bits, which happens in no real file (Gemma3 needs 55).
  static Result<MergeTable> Build(std::span<const Merge> merges, size_t id_bound);

  /// The rank of a pair, or kNoRank. REQUIRES: both ids lie below the id_bound that was given.
  uint32_t Find(int32_t left, int32_t right) const {
    const uint64_t pair = PairOf(left, right);
    const uint64_t hash = HashOf(pair);
    const uint64_t bit = hash >> filter_shift_;
    if ((filter_[bit / 64] >> bit % 64 & 1) == 0) return kNoRank;
    const size_t mask = slots_.size() - 1;
    for (size_t i = hash >> slot_shift_;; i = (i + 1) & mask) {
      const uint64_t slot = slots_[i];
      if (slot >> rank_bits_ == pair) return static_cast<uint32_t>(slot & rank_mask_);
      if (slot == kFree) return kNoRank;
    }
  }

  /// The token that the merge of that rank makes.
  int32_t TokenOf(uint32_t rank) const { return tokens_[rank]; }

  size_t size() const { return tokens_.size(); }  ///< One more than the highest rank.

  /// Adds the table to a compiled file, or takes it from one, whose arrays it then uses. Errors:
  /// DATA_LOSS; tokens are checked to lie below `id_bound`.
  void Save(TableWriter* tables) const;
  static Result<MergeTable> Load(TableReader* tables, size_t id_bound);

 private:
  static constexpr uint64_t kFree = UINT64_MAX;
  static constexpr size_t kFilterBitsASlot = 16;

  uint64_t PairOf(int32_t left, int32_t right) const {
    return static_cast<uint64_t>(left) << id_bits_ | static_cast<uint64_t>(right);
  }
  static uint64_t HashOf(uint64_t pair) { return pair * 0x9E3779B97F4A7C15ULL; }
  bool SetWidths(size_t merges, size_t id_bound, size_t slots);

  // A pair above rank_bits_ bits of rank. The number of slots is a power of two; at most 7/8 are
  // used.
  FlatArray<uint64_t> slots_;
  // kFilterBitsASlot bits per slot; a bit is set if a merge has that hash
  FlatArray<uint64_t> filter_;
  FlatArray<int32_t> tokens_;  // indexed by rank
  int id_bits_ = 0;
  int rank_bits_ = 0;
  int slot_shift_ = 0;
  int filter_shift_ = 0;
  uint64_t rank_mask_ = 0;
};

}  // namespace vetor
