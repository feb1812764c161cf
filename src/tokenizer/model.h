// The third stage: turns one piece of text into tokens of the vocabulary.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "tokenizer/aligned_text.h"
#include "tokenizer/json_node.h"
#include "tokenizer/vocabulary.h"
#include "vetor/status.h"

namespace vetor {

/// Receives tokens. Ids are written straight into the caller's tensor.
class TokenSink {
 public:
  /// `ranges` may be null if the caller does not need the places of tokens.
  TokenSink(std::vector<int64_t>* ids, std::vector<ByteRange>* ranges)
      : ids_(ids), ranges_(ranges) {}

  /// Adds a token that covers [begin, end) of the piece.
  void Add(int64_t id, size_t begin, size_t end) {
    ids_->push_back(id);
    if (ranges_ != nullptr) ranges_->push_back({begin, end});
  }

  /// The tokens from `first` on have places within a piece that begins at `piece_begin` of `text`.
  /// This turns them into places in the original text. REQUIRES: wants_ranges(), text.tracks().
  void MoveToOrigin(size_t first, size_t piece_begin, const AlignedText& text) {
    for (size_t i = first; i < ranges_->size(); ++i) {
      ByteRange& range = (*ranges_)[i];
      range = text.OriginOf(piece_begin + range.begin, piece_begin + range.end);
    }
  }

  size_t size() const { return ids_->size(); }
  bool wants_ranges() const { return ranges_ != nullptr; }
  std::vector<int64_t>* ids() const { return ids_; }

  /// Removes everything after the first `size` tokens.
  void Truncate(size_t size) {
    ids_->resize(size);
    if (ranges_ != nullptr) ranges_->resize(size);
  }

 private:
  std::vector<int64_t>* ids_;
  std::vector<ByteRange>* ranges_;
};

/// The state that a model keeps in the calling thread between pieces: buffers and remembered words.
class ModelScratch {
 public:
  virtual ~ModelScratch() = default;
};

/// Immutable after construction. Thread-safe if each thread has its own scratch.
class Model {
 public:
  virtual ~Model() = default;

  virtual std::unique_ptr<ModelScratch> NewScratch() const = 0;

  /// Adds the tokens of `piece`, which is not empty. `scratch` comes from this model's NewScratch.
  virtual void Tokenize(std::string_view piece, ModelScratch* scratch, TokenSink* sink) const = 0;

  virtual const Vocabulary& vocabulary() const = 0;

  /// Adds tables to a compiled file. ParseModel takes them from there in place of "vocab" and
  /// "merges".
  virtual void Save(TableWriter* tables) const = 0;
};

}  // namespace vetor
