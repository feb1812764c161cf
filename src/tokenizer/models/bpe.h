// Byte pair encoding (Sennrich et al. 2016, arXiv 1508.07909): a piece begins as its characters,
// and the pair of neighbours that was learnt first is merged until no learnt pair is left.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/model.h"

namespace vetor {

/// Which pairs merge, in which order and into what: an open-addressed table, 16 bytes a slot.
class MergeTable {
 public:
  struct Merge {
    uint32_t rank;
    int32_t token;
  };

  struct Pair {
    int32_t left;
    int32_t right;
    Merge merge;
  };

  MergeTable() : MergeTable(std::span<const Pair>()) {}
  /// Where a pair occurs twice, the later one counts.
  explicit MergeTable(std::span<const Pair> pairs);
  /// Null where the pair does not merge.
  const Merge* Find(int32_t left, int32_t right) const;

  /// Adds the table to a compiled file, or takes it from one, whose array it then uses. Errors:
  /// DATA_LOSS; tokens are checked to lie below `id_bound`.
  void Save(TableWriter* tables) const { tables->Add(slots_.view()); }
  static Result<MergeTable> Load(TableReader* tables, size_t id_bound);

 private:
  struct Slot {
    uint64_t pair = kFree;
    Merge merge{};
  };
  static constexpr uint64_t kFree = UINT64_MAX;

  static uint64_t KeyOf(int32_t left, int32_t right) {
    return static_cast<uint64_t>(left) << 32 | static_cast<uint32_t>(right);
  }
  size_t SlotOf(uint64_t pair) const {
    return static_cast<size_t>((pair * 0x9E3779B97F4A7C15ULL) >> shift_);
  }

  FlatArray<Slot> slots_;  // a power of two, at most half full
  int shift_ = 0;
};

class Bpe : public Model {
 public:
  static Result<std::unique_ptr<Bpe>> Parse(const JsonNode& node, TableReader* tables);

  std::unique_ptr<ModelScratch> NewScratch() const override;
  void Tokenize(std::string_view piece, ModelScratch* scratch, TokenSink* sink) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  void Save(TableWriter* tables) const override;

 private:
  struct Symbol;
  struct Scratch;

  Bpe() = default;
  Status ParseOptions(const JsonNode& node);
  Status ParseMerges(const JsonNode& node);
  Result<MergeTable::Pair> MakeMerge(std::string_view left, std::string_view right,
                                     uint32_t rank) const;

  int64_t FindCharacter(char32_t c, std::string_view affixed) const;
  void ReadSymbols(std::string_view piece, Scratch* scratch) const;
  bool AddBytes(std::string_view character, Scratch* scratch) const;
  void MergeShort(Scratch* scratch) const;
  void MergeLong(Scratch* scratch) const;

  Vocabulary vocabulary_;
  MergeTable merges_;
  std::string prefix_;  // of characters inside a piece
  std::string suffix_;  // of the last character
  int64_t unknown_id_ = Vocabulary::kAbsent;
  bool fuses_unknown_ = false;
  bool falls_back_to_bytes_ = false;
  bool ignores_merges_ = false;  // a piece that is a token is that token
  std::array<int64_t, 256> byte_ids_{};
  // Characters below U+0200, which hold the byte-level alphabet; without prefix and suffix.
  std::array<int64_t, 512> character_ids_{};
};

}  // namespace vetor
