// The first stage of the pipeline: rewrites the text between added tokens, e.g. lowercases it.
#pragma once

#include <memory>

#include "tokenizer/aligned_text.h"
#include "tokenizer/json_node.h"
#include "vetor/status.h"

namespace vetor {

/// Immutable after construction; thread-safe.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  /// REQUIRES: valid UTF-8, which it stays.
  virtual void Apply(AlignedText* text) const = 0;
  /// True if a space between two ASCII letters or digits stays a space between such characters, and
  /// the result of either side does not depend on the other. Then a long text can be cut there.
  virtual bool KeepsWordsApart() const { return false; }
};

}  // namespace vetor
