// The tokenizer of the public API (include/vetor/tokenizer.h), and what the library alone does with
// one.
#pragma once

#include "vetor/tokenizer.h"

namespace vetor {

/// Logs notes().differences as one warning and notes().possible_differences as one line at level
/// debug; nothing for a list that is empty. For a caller that loads a tokenizer to use it: once per
/// load. A possible difference, which most models do not have, is not worth a line on each run of a
/// command; `vetor doctor` reports it.
void LogDifferences(const Tokenizer& tokenizer);

}  // namespace vetor
