// The part of a call that is computed at once, and its size.
#pragma once

#include <cstddef>
#include <functional>
#include <span>

#include "batching/scheduler.h"
#include "service/call_choices.h"
#include "service/in_flight.h"
#include "service/text_preparation.h"

namespace vetor {

/// Texts of one call that are computed together.
struct CallPart {
  std::span<TextJob* const> jobs;
  const PreparedTexts& texts;  ///< The texts of the whole call.
  const CallChoices& choices;
  CallLimits limits;
};

struct PartShape {
  bool windows = false;   ///< Long texts are embedded in windows.
  size_t batch_size = 1;  ///< A part ends with a whole batch, so that a call has no more batches.
};

/// A call is computed in parts, one after the other, so that a call with a deadline has finished
/// texts, which are in the cache, before all its texts are tokenized. A part is thousands of
/// batches, so the cost of its end does not show. A text in windows is finished only when the short
/// window at its end has run, and short windows run last: an early end loses one part.
///
/// Gives the texts of the next part, 1 to `left`, where `bytes_of(i)` is the size of the i-th text
/// that is left. The bound on memory comes first: if one batch has more bytes than a part may have,
/// the part ends within that batch. REQUIRES: left > 0.
size_t TextsOfPart(size_t left, const PartShape& shape,
                   const std::function<size_t(size_t)>& bytes_of);

}  // namespace vetor
