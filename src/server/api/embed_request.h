// What a request for vectors says, whatever family it is of, and how each field is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/exchange.h"
#include "server/api/model_table.h"
#include "server/api/request_fields.h"
#include "vetor/embeddings_service.h"

namespace vetor {

/// A request that was read. Plain values.
struct EmbedRequest {
  const ServedEntry* entry = nullptr;
  std::vector<std::string> texts;
  EmbedOptions options;
  size_t dimensions = 0;      ///< Components to keep; 0: all.
  bool scale_always = false;  ///< To length 1 even if the service leaves vectors as they are.
  size_t row_bytes = 0;       ///< What the answer writes for one text, at most.
  size_t echoed_bytes = 0;    ///< Of texts that the answer repeats.
  bool answers_rows = true;   ///< The answer is the vectors, so that they may be raw rows.
  std::string warning;        ///< For x-vetor-warning; empty: none.
};

/// The model that field `name` asks for. Answers the exchange and gives null if there is none.
const ServedEntry* ReadModel(RequestFields* fields, std::string_view name, Exchange* exchange);

/// The tokenizer of a model. Answers the exchange and gives null if there is none, as for hashing.
const Tokenizer* TokenizerOf(const ServedEntry& entry, Exchange* exchange);

/// Fields "prompt_name", "input_type" and "task", which choose a prompt in this order. A
/// prompt_name must exist. The other two choose by kind: the model's first prompt of (query,
/// search_query) or (document, passage, search_document, corpus), or one of their own name, else
/// none.
void ReadPrompt(RequestFields* fields, EmbedRequest* request);

/// The kinds of texts that "input_type" and "task" may name, beside the prompts of the model.
std::vector<std::string_view> KnownKinds();

/// The number of components that field `name` keeps. More than the model has is refused, naming
/// both numbers.
void ReadDimensions(RequestFields* fields, std::string_view name, EmbedRequest* request);

/// Fields "truncate" and "truncation_direction" of text-embeddings-inference, which say what
/// becomes of a text that is too long: true cuts it, false refuses it, absent is the service's own
/// setting; "Left" or "Right", in any case, is the end that is cut.
void ReadTruncation(RequestFields* fields, EmbedRequest* request);

/// The components of a vector in the answer.
size_t AnswerDim(const EmbedRequest& request);

}  // namespace vetor
