#include "tokenizer/models/merge_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>
#include <vector>

#include "base/status_macros.h"

namespace vetor {

// Returns false if a slot cannot hold a pair, a rank and kFree.
bool MergeTable::SetWidths(size_t merges, size_t id_bound, size_t slots) {
  id_bits_ = static_cast<int>(std::bit_width(id_bound));
  rank_bits_ = static_cast<int>(std::bit_width(merges));
  slot_shift_ = 64 - std::countr_zero(slots);
  filter_shift_ = slot_shift_ - std::countr_zero(kFilterBitsASlot);
  rank_mask_ = (uint64_t{1} << rank_bits_) - 1;
  return 2 * id_bits_ + rank_bits_ < 64;
}

Result<MergeTable> MergeTable::Build(std::span<const Merge> merges, size_t id_bound) {
  MergeTable table;
  std::vector<uint64_t> slots(std::bit_ceil(merges.size() * 8 / 7 + 8), kFree);
  std::vector<uint64_t> filter(slots.size() * kFilterBitsASlot / 64);
  std::vector<int32_t> tokens;
  tokens.reserve(merges.size());
  if (!table.SetWidths(merges.size(), id_bound, slots.size())) {
    return ResourceExhaustedError(fmt::format(
        "{} merges of ids below {} are more than can be told apart", merges.size(), id_bound));
  }
  const size_t mask = slots.size() - 1;
  for (const Merge& merge : merges) {
    const uint64_t pair = table.PairOf(merge.left, merge.right);
    const uint64_t bit = HashOf(pair) >> table.filter_shift_;
    filter[bit / 64] |= uint64_t{1} << bit % 64;
    size_t i = HashOf(pair) >> table.slot_shift_;
    while (slots[i] != kFree && slots[i] >> table.rank_bits_ != pair) i = (i + 1) & mask;
    slots[i] = pair << table.rank_bits_ | tokens.size();
    tokens.push_back(merge.token);
  }
  table.slots_ = FlatArray<uint64_t>(std::move(slots));
  table.filter_ = FlatArray<uint64_t>(std::move(filter));
  table.tokens_ = FlatArray<int32_t>(std::move(tokens));
  return table;
}

void MergeTable::Save(TableWriter* tables) const {
  tables->Add(slots_.view());
  tables->Add(filter_.view());
  tables->Add(tokens_.view());
}

Result<MergeTable> MergeTable::Load(TableReader* tables, size_t id_bound) {
  MergeTable table;
  VETOR_RETURN_IF_ERROR(tables->Take(&table.slots_));
  VETOR_RETURN_IF_ERROR(tables->Take(&table.filter_));
  VETOR_RETURN_IF_ERROR(tables->Take(&table.tokens_));
  const size_t size = table.slots_.size();
  const size_t merges = table.tokens_.size();
  if (size < 8 || !std::has_single_bit(size) || merges >= size ||
      table.filter_.size() != size * kFilterBitsASlot / 64 ||
      !table.SetWidths(merges, id_bound, size)) {
    return BrokenTable("the merges are no table");
  }
  size_t free = 0;
  bool fits = true;
  for (const uint64_t slot : table.slots_) {
    free += slot == kFree ? 1 : 0;
    fits &= slot == kFree || (slot & table.rank_mask_) < merges;
  }
  for (const int32_t token : table.tokens_) fits &= static_cast<size_t>(token) < id_bound;
  // A search ends at a free slot, so there must be one.
  if (free == 0 || !fits) return BrokenTable("the merges name tokens that are not there");
  return table;
}

}  // namespace vetor
