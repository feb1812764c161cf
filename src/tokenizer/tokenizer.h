// The tokenizer of the public API (include/vetor/tokenizer.h), and functions on it that only the
// library uses.
#pragma once

#include "vetor/tokenizer.h"

namespace vetor {

/// Logs notes().differences as one warning and notes().possible_differences as one line at level
/// debug; logs nothing for an empty list. A caller that loads a tokenizer to use it calls this once
/// per load. Most models have no possible difference, and one is not worth a line on each run of a
/// command; `vetor doctor` reports it.
void LogDifferences(const Tokenizer& tokenizer);

}  // namespace vetor
