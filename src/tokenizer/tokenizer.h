// The tokenizer of the public API (include/vetor/tokenizer.h), and what the library alone does with
// one.
#pragma once

#include "vetor/tokenizer.h"

namespace vetor {

/// Logs notes().differences as one warning and notes().possible_differences as one line at level
/// debug; nothing for a list that is empty. For a caller that loads a tokenizer to use it: once per
/// load. What only may differ, and for most models does not, is no news on each run of a command:
/// `vetor doctor` says it.
void LogDifferences(const Tokenizer& tokenizer);

}  // namespace vetor
