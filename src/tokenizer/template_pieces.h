// The pieces of a template of tokenizer.json: what a TemplateProcessing puts before, between and
// after texts. Their form is that of Hugging Face tokenizers.
#pragma once

#include <boost/json.hpp>
#include <string_view>

namespace vetor {

/// A special token, with the token type that it has in the model's input.
inline boost::json::value SpecialPiece(std::string_view token, int type_id) {
  return {{"SpecialToken", {{"id", token}, {"type_id", type_id}}}};
}

/// The place of a text: "A", or "B" for the second of a pair.
inline boost::json::value SequencePiece(std::string_view id, int type_id) {
  return {{"Sequence", {{"id", id}, {"type_id", type_id}}}};
}

}  // namespace vetor
