// One call of Embed on its way through the stages.
#pragma once

#include <cstddef>
#include <span>

#include "cache/record.h"
#include "head/dense_payload.h"
#include "service/call_choices.h"
#include "service/text_preparation.h"
#include "vetor/embeddings_service.h"

namespace vetor {

/// Belongs to the caller's thread. Borrows everything but its count.
struct Call {
  const PreparedTexts& texts;
  const CallChoices& choices;
  const EmbedOptions& options;
  Embeddings* out;
  size_t done = 0;  ///< Texts that need no work any more.

  /// The text in row `row` has become this. REQUIRES: a vector of out->dim components.
  void Answer(size_t row, const Record& record, bool cached) {
    CopyDense(record.payload, std::span(out->values).subspan(row * out->dim, out->dim));
    out->texts[row] = record.info;
    out->texts[row].cached = cached;
  }
};

}  // namespace vetor
