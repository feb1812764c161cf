// The part of a call that is computed at once, and how much that is.
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
  const PreparedTexts& texts;  ///< Of the whole call.
  const CallChoices& choices;
  CallLimits limits;
};

struct PartShape {
  bool windows = false;   ///< Long texts are embedded in windows.
  size_t batch_size = 1;  ///< A part ends with a whole batch, so that a call has no more batches.
};

/// A call is computed in parts, one after the other, so that one with a deadline has something
/// finished, and in the cache, before all is tokenized. A part is thousands of batches: what the
/// end of each costs is not seen. Of texts in windows none is finished before the short windows at
/// their ends run, which is last, and a part is what an early end loses.
///
/// Gives the texts of the next part, 1 to `left`, where `bytes_of(i)` is the size of the i-th text
/// that is left. Memory is bounded first: where one batch has more bytes than a part may have, the
/// part ends within it. REQUIRES: left > 0.
size_t TextsOfPart(size_t left, const PartShape& shape,
                   const std::function<size_t(size_t)>& bytes_of);

}  // namespace vetor
