// WordLevel: a piece is a token of the vocabulary, or the unknown token.
#pragma once

#include <memory>
#include <string_view>

#include "tokenizer/model.h"

namespace vetor {

class WordLevel : public Model {
 public:
  static Result<std::unique_ptr<WordLevel>> Parse(const JsonNode& node, TableReader* tables);

  std::unique_ptr<ModelScratch> NewScratch() const override;
  void Tokenize(std::string_view piece, ModelScratch* scratch, TokenSink* sink) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  void Save(TableWriter* tables) const override { vocabulary_.Save(tables); }

 private:
  Vocabulary vocabulary_;
  int64_t unknown_id_ = 0;
};

}  // namespace vetor
