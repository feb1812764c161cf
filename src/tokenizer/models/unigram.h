// Unigram (Kudo 2018, arXiv 1804.10959). Of all ways to cut a piece into tokens of the vocabulary,
// it takes the one with the highest sum of scores. Viterbi's algorithm finds it, over byte
// positions.
#pragma once

#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "tokenizer/model.h"
#include "tokenizer/prefix_trie.h"

namespace vetor {

class Unigram : public Model {
 public:
  static Result<std::unique_ptr<Unigram>> Parse(const JsonNode& node, TableReader* tables);

  std::unique_ptr<ModelScratch> NewScratch() const override;
  void Tokenize(std::string_view piece, ModelScratch* scratch, TokenSink* sink) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  void Save(TableWriter* tables) const override;

 private:
  struct Scratch;

  Status ReadPieces(const JsonNode& vocab);
  Status Load(TableReader* tables);
  void SetOptions(int64_t unknown_id, bool byte_fallback);
  void FindBestPath(std::string_view piece, Scratch* scratch) const;
  void AddUnknown(std::string_view run, size_t begin, TokenSink* sink) const;

  Vocabulary vocabulary_;
  PrefixTrie trie_;
  FlatArray<double> scores_;  // indexed by id
  double unknown_score_ = 0;
  int32_t unknown_id_ = 0;
  // true if the file asks for it and all bytes are in the vocabulary
  bool falls_back_to_bytes_ = false;
  // Vocabulary::kAbsent for a byte that is not in the vocabulary
  std::array<int64_t, 256> byte_ids_{};
};

}  // namespace vetor
