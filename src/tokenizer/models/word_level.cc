#include "tokenizer/models/word_level.h"

#include <fmt/format.h>

#include "base/status_macros.h"

namespace vetor {

Result<std::unique_ptr<WordLevel>> WordLevel::Parse(const JsonNode& node, TableReader* tables) {
  auto model = std::make_unique<WordLevel>();
  VETOR_ASSIGN_OR_RETURN(model->vocabulary_, Vocabulary::Read(node, tables));
  VETOR_ASSIGN_OR_RETURN(const JsonNode unknown, node.Get("unk_token"));
  VETOR_ASSIGN_OR_RETURN(const std::string_view token, unknown.String());
  model->unknown_id_ = model->vocabulary_.Find(token);
  if (model->unknown_id_ == Vocabulary::kAbsent) {
    return unknown.Fault(fmt::format("\"{}\" is not in vocab", token));
  }
  return model;
}

std::unique_ptr<ModelScratch> WordLevel::NewScratch() const {
  return std::make_unique<ModelScratch>();
}

void WordLevel::Tokenize(std::string_view piece, ModelScratch* /*scratch*/, TokenSink* sink) const {
  const int64_t id = vocabulary_.Find(piece);
  sink->Add(id == Vocabulary::kAbsent ? unknown_id_ : id, 0, piece.size());
}

}  // namespace vetor
