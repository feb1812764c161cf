// The way back, from tokens to a text: what "decoder" in tokenizer.json describes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// The tokens of one text on their way: each step changes, drops or joins them, and the strings
/// that the last step leaves are the text, one after the other.
struct DecodedParts {
  std::vector<std::string> strings;  ///< Valid UTF-8, as all tokens are.
  /// What all strings together may come to. No decoder that models have makes twice as much of its
  /// tokens; the content of a hostile Replace may be of any length.
  size_t most_bytes = 0;
};

/// Immutable; thread-safe.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// Errors: RESOURCE_EXHAUSTED if the strings came to more than `most_bytes`, or a regular
  /// expression took too many steps; DATA_LOSS if a damaged vocabulary has tokens that are not
  /// UTF-8.
  virtual Status Apply(DecodedParts* parts) const = 0;
};

}  // namespace vetor
