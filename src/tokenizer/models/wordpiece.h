// WordPiece (Schuster and Nakajima 2012; BERT's greedy longest match). A piece is cut from the left
// into the longest tokens of the vocabulary; tokens inside a word carry a prefix ("##"). A piece
// that cannot be cut completely, or is too long, becomes one unknown token.
#pragma once

#include <memory>
#include <string_view>

#include "tokenizer/model.h"
#include "tokenizer/prefix_trie.h"

namespace vetor {

class WordPiece : public Model {
 public:
  static Result<std::unique_ptr<WordPiece>> Parse(const JsonNode& node, TableReader* tables);

  struct Options {
    std::string_view unknown_token = "[UNK]";
    std::string_view continuation_prefix = "##";
    size_t max_characters = 100;  ///< The bound of a piece, in code points.
  };
  /// INVALID_ARGUMENT if the unknown token is not in the vocabulary; `place` begins the message.
  /// The tries come from `tables` if it is not null.
  static Result<std::unique_ptr<WordPiece>> Make(Vocabulary vocabulary, const Options& options,
                                                 const JsonNode& place,
                                                 TableReader* tables = nullptr);

  std::unique_ptr<ModelScratch> NewScratch() const override;
  void Tokenize(std::string_view piece, ModelScratch* scratch, TokenSink* sink) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  void Save(TableWriter* tables) const override;

  /// As Tokenize, for a piece that is known to have at most max_characters().
  void TokenizeShort(std::string_view piece, TokenSink* sink) const;
  size_t max_characters() const { return max_characters_; }
  int64_t unknown_id() const { return unknown_id_; }

 private:
  WordPiece() = default;
  void BuildTries(std::string_view prefix);

  Vocabulary vocabulary_;
  PrefixTrie starts_;         // holds every token
  PrefixTrie continuations_;  // holds the tokens that carry the prefix, without it
  int64_t unknown_id_ = 0;
  size_t max_characters_ = 0;
};

}  // namespace vetor
