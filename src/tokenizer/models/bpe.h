// Byte pair encoding (Sennrich et al. 2016, arXiv 1508.07909). A piece begins as its characters;
// then the pair of neighbours that was learnt first is merged, until no learnt pair is left.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/model.h"
#include "tokenizer/models/merge_table.h"

namespace vetor {

class Bpe : public Model {
 public:
  static Result<std::unique_ptr<Bpe>> Parse(const JsonNode& node, TableReader* tables);

  std::unique_ptr<ModelScratch> NewScratch() const override;
  void Tokenize(std::string_view piece, ModelScratch* scratch, TokenSink* sink) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  void Save(TableWriter* tables) const override;

  /// From now on a piece holds the bytes themselves instead of their ByteLevelForm. This gives the
  /// same ids with half the work. REQUIRES: CanReadBytes (every byte of UTF-8 has a token, and
  /// characters carry no prefix or suffix); nothing was tokenized yet.
  void ReadBytes();
  bool CanReadBytes() const;

 private:
  struct Scratch;

  Bpe() = default;
  Status ParseOptions(const JsonNode& node);
  Status ParseMerges(const JsonNode& node);
  Result<MergeTable::Merge> MakeMerge(std::string_view left, std::string_view right) const;

  int64_t FindWhole(std::string_view piece, Scratch* scratch) const;
  int64_t FindCharacter(char32_t c, std::string_view affixed) const;
  void ReadSymbols(std::string_view piece, Scratch* scratch) const;
  void ReadCharacters(std::string_view piece, Scratch* scratch) const;
  bool AddBytes(std::string_view character, Scratch* scratch) const;

  Vocabulary vocabulary_;
  MergeTable merges_;
  std::string prefix_;  // of a character inside a piece
  std::string suffix_;  // of the last character of a piece
  int64_t unknown_id_ = Vocabulary::kAbsent;
  bool fuses_unknown_ = false;
  bool falls_back_to_bytes_ = false;
  // true if a piece that is a token becomes that token without merging
  bool ignores_merges_ = false;
  std::array<int64_t, 256> byte_ids_{};
  // The ids of characters below U+0200, which include the byte-level alphabet; without prefix and
  // suffix.
  std::array<int64_t, 512> character_ids_{};
  bool reads_bytes_ = false;
  std::array<int32_t, 256> byte_form_ids_{};  // the ids of the bytes' forms, if it reads bytes
};

}  // namespace vetor
