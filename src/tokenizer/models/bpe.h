// Byte pair encoding (Sennrich et al. 2016, arXiv 1508.07909): a piece begins as its characters,
// and the pair of neighbours that was learnt first is merged until no learnt pair is left.
#pragma once

#include <array>
#include <memory>
#include <optional>
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

  explicit MergeTable(size_t merges);
  /// A pair that is already there takes the new merge.
  void Insert(int32_t left, int32_t right, Merge merge);
  /// Null where the pair does not merge.
  const Merge* Find(int32_t left, int32_t right) const;

 private:
  struct Slot {
    uint64_t pair = kFree;
    Merge merge{};
  };
  static constexpr uint64_t kFree = UINT64_MAX;

  size_t SlotOf(uint64_t pair) const;

  std::vector<Slot> slots_;
  int shift_;
};

class Bpe : public Model {
 public:
  static Result<std::unique_ptr<Bpe>> Parse(const JsonNode& node);

  std::unique_ptr<ModelScratch> NewScratch() const override;
  void Tokenize(std::string_view piece, ModelScratch* scratch, TokenSink* sink) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }

 private:
  struct Symbol;
  struct Scratch;

  Bpe() : merges_(0) {}
  Status ParseOptions(const JsonNode& node);
  Status ParseMerges(const JsonNode& node);
  Status AddMerge(std::string_view left, std::string_view right, uint32_t rank);

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
