#include "tokenizer/models/bpe.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <queue>
#include <utility>

#include "base/status_macros.h"
#include "base/utf8.h"
#include "tokenizer/word_cache.h"

namespace vetor {
namespace {

// Up to here looking at all pairs for each merge is faster than a heap.
constexpr size_t kShortWord = 32;
constexpr size_t kKeptSymbols = 1 << 16;
constexpr uint32_t kNone = UINT32_MAX;

// A pair that could merge; it may have changed since it was queued.
struct Candidate {
  uint32_t rank;
  uint32_t at;
  int32_t token;
  bool operator>(const Candidate& other) const {
    return rank != other.rank ? rank > other.rank : at > other.at;
  }
};

}  // namespace

MergeTable::MergeTable(std::span<const Pair> pairs) {
  std::vector<Slot> slots(std::bit_ceil(pairs.size() * 2 + 2));
  const size_t mask = slots.size() - 1;
  shift_ = 64 - std::countr_zero(slots.size());
  for (const Pair& pair : pairs) {
    const uint64_t key = KeyOf(pair.left, pair.right);
    size_t slot = SlotOf(key);
    while (slots[slot].pair != kFree && slots[slot].pair != key) slot = (slot + 1) & mask;
    slots[slot] = {key, pair.merge};
  }
  slots_ = FlatArray<Slot>(std::move(slots));
}

Result<MergeTable> MergeTable::Load(TableReader* tables, size_t id_bound) {
  MergeTable table;
  VETOR_RETURN_IF_ERROR(tables->Take(&table.slots_));
  const size_t size = table.slots_.size();
  if (size < 2 || !std::has_single_bit(size)) return BrokenTable("the merges are no table");
  table.shift_ = 64 - std::countr_zero(size);
  size_t free = 0;
  bool fits = true;
  for (const Slot& slot : table.slots_) {
    free += slot.pair == kFree ? 1 : 0;
    fits &= static_cast<size_t>(slot.merge.token) < id_bound;
  }
  // A search ends at a free slot.
  if (free == 0 || !fits) return BrokenTable("the merges name tokens that are not there");
  return table;
}

const MergeTable::Merge* MergeTable::Find(int32_t left, int32_t right) const {
  const uint64_t pair = KeyOf(left, right);
  for (size_t slot = SlotOf(pair);; slot = (slot + 1) & (slots_.size() - 1)) {
    if (slots_[slot].pair == pair) return &slots_[slot].merge;
    if (slots_[slot].pair == kFree) return nullptr;
  }
}

struct Bpe::Symbol {
  int32_t id;
  uint32_t size;  // bytes of the piece; 0: merged into the one before
  uint32_t previous;
  uint32_t next;
};

struct Bpe::Scratch : ModelScratch {
  WordCache cache;
  std::vector<Symbol> symbols;
  std::vector<Candidate> queue;
  std::string buffer;

  void Add(int64_t id, size_t size) {
    symbols.push_back({static_cast<int32_t>(id), static_cast<uint32_t>(size), 0, 0});
  }
};

std::unique_ptr<ModelScratch> Bpe::NewScratch() const { return std::make_unique<Scratch>(); }

void Bpe::Tokenize(std::string_view piece, ModelScratch* model_scratch, TokenSink* sink) const {
  if (ignores_merges_) {
    const int64_t whole = vocabulary_.Find(piece);
    if (whole != Vocabulary::kAbsent) {
      sink->Add(whole, 0, piece.size());
      return;
    }
  }
  Scratch* scratch = static_cast<Scratch*>(model_scratch);
  if (!sink->wants_ranges() && scratch->cache.Find(piece, sink)) return;
  ReadSymbols(piece, scratch);
  if (scratch->symbols.size() <= kShortWord) {
    MergeShort(scratch);
  } else {
    MergeLong(scratch);
  }
  const size_t first = sink->size();
  size_t begin = 0;
  for (const Symbol& symbol : scratch->symbols) {
    if (symbol.size == 0) continue;
    sink->Add(symbol.id, begin, begin + symbol.size);
    begin += symbol.size;
  }
  if (!sink->wants_ranges()) scratch->cache.Insert(piece, *sink, first);
  if (scratch->symbols.size() > kKeptSymbols) {
    scratch->symbols = {};
    scratch->queue = {};
  }
}

int64_t Bpe::FindCharacter(char32_t c, std::string_view affixed) const {
  const bool is_plain = prefix_.empty() && suffix_.empty();
  return is_plain && c < character_ids_.size() ? character_ids_[c] : vocabulary_.Find(affixed);
}

// The piece as symbols. Without an unknown token, what the vocabulary lacks is dropped and its
// neighbours may merge, as in the reference; also as there, an unknown run is added when the next
// known character comes, after bytes that were fallen back to in between.
void Bpe::ReadSymbols(std::string_view piece, Scratch* scratch) const {
  scratch->symbols.clear();
  size_t unknown_size = 0;
  const auto flush_unknown = [&] {
    if (unknown_size > 0) scratch->Add(unknown_id_, std::exchange(unknown_size, 0));
  };
  for (size_t at = 0; at < piece.size();) {
    const size_t begin = at;
    const char32_t c = DecodeUtf8(piece, &at);
    const std::string_view character = piece.substr(begin, at - begin);
    std::string_view affixed = character;
    if (!prefix_.empty() || !suffix_.empty()) {
      scratch->buffer = begin == 0 ? "" : prefix_;
      scratch->buffer += character;
      if (at == piece.size()) scratch->buffer += suffix_;
      affixed = scratch->buffer;
    }
    const int64_t id = FindCharacter(c, affixed);
    if (id != Vocabulary::kAbsent) {
      flush_unknown();
      scratch->Add(id, character.size());
      continue;
    }
    if (falls_back_to_bytes_ && AddBytes(character, scratch)) continue;
    if (unknown_id_ == Vocabulary::kAbsent) continue;
    if (!fuses_unknown_) flush_unknown();
    unknown_size += character.size();
  }
  flush_unknown();
  const size_t count = scratch->symbols.size();
  for (size_t i = 0; i < count; ++i) {
    scratch->symbols[i].previous = i == 0 ? kNone : static_cast<uint32_t>(i - 1);
    scratch->symbols[i].next = i + 1 == count ? kNone : static_cast<uint32_t>(i + 1);
  }
}

// False where the vocabulary lacks one of the bytes. With a prefix or suffix the reference falls
// back to the bytes of the character with them; such files are refused.
bool Bpe::AddBytes(std::string_view character, Scratch* scratch) const {
  for (const char byte : character) {
    if (byte_ids_[static_cast<unsigned char>(byte)] == Vocabulary::kAbsent) return false;
  }
  for (const char byte : character) {
    scratch->Add(byte_ids_[static_cast<unsigned char>(byte)], 1);
  }
  return true;
}

// Lowest rank first, leftmost among equals, by looking at all pairs; symbols close up.
void Bpe::MergeShort(Scratch* scratch) const {
  std::vector<Symbol>& symbols = scratch->symbols;
  std::array<const MergeTable::Merge*, kShortWord> merges{};
  for (size_t i = 0; i + 1 < symbols.size(); ++i) {
    merges[i] = merges_.Find(symbols[i].id, symbols[i + 1].id);
  }
  while (symbols.size() > 1) {
    size_t best = symbols.size();
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      if (merges[i] == nullptr) continue;
      if (best == symbols.size() || merges[i]->rank < merges[best]->rank) best = i;
    }
    if (best == symbols.size()) return;
    symbols[best].id = merges[best]->token;
    symbols[best].size += symbols[best + 1].size;
    symbols.erase(symbols.begin() + static_cast<ptrdiff_t>(best) + 1);
    for (size_t i = best + 1; i + 1 < symbols.size(); ++i) merges[i] = merges[i + 1];
    if (best + 1 < symbols.size()) {
      merges[best] = merges_.Find(symbols[best].id, symbols[best + 1].id);
    }
    if (best > 0) merges[best - 1] = merges_.Find(symbols[best - 1].id, symbols[best].id);
  }
}

// The same with a heap: O(n log n).
void Bpe::MergeLong(Scratch* scratch) const {
  std::vector<Symbol>& symbols = scratch->symbols;
  std::vector<Candidate>& queue = scratch->queue;
  queue.clear();
  const auto candidate_at = [&](uint32_t at) -> const MergeTable::Merge* {
    if (at == kNone || symbols[at].next == kNone) return nullptr;
    return merges_.Find(symbols[at].id, symbols[symbols[at].next].id);
  };
  const auto enqueue = [&](uint32_t at) {
    const MergeTable::Merge* merge = candidate_at(at);
    if (merge == nullptr) return;
    queue.push_back({merge->rank, at, merge->token});
    std::push_heap(queue.begin(), queue.end(), std::greater<>());
  };
  for (uint32_t at = 0; at + 1 < symbols.size(); ++at) enqueue(at);
  while (!queue.empty()) {
    std::pop_heap(queue.begin(), queue.end(), std::greater<>());
    const Candidate top = queue.back();
    queue.pop_back();
    Symbol& left = symbols[top.at];
    if (left.size == 0) continue;
    const MergeTable::Merge* merge = candidate_at(top.at);
    if (merge == nullptr || merge->token != top.token) continue;
    Symbol& right = symbols[left.next];
    left.id = top.token;
    left.size += std::exchange(right.size, 0);
    left.next = right.next;
    if (left.next != kNone) symbols[left.next].previous = top.at;
    enqueue(left.previous);
    enqueue(top.at);
  }
}

}  // namespace vetor
