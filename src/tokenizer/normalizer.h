// The first stage of the pipeline rewrites the text between added tokens; for example, it
// lowercases it.
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
  /// REQUIRES: the text is valid UTF-8. It stays valid.
  virtual void Apply(AlignedText* text) const = 0;
  /// True if a space between two ASCII letters or digits stays a space between such characters, and
  /// if the result on either side does not depend on the other side. A long text can be cut there.
  virtual bool KeepsWordsApart() const { return false; }
};

}  // namespace vetor
