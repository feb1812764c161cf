// Decoders that put spaces between words: those of WordPiece, of a BPE with a suffix for ends of
// words, and of CTC models.
#pragma once

#include <string>
#include <utility>

#include "tokenizer/decoder.h"

namespace vetor {

/// A space before each token but the first and those that continue a word (`prefix`, "##").
class WordPieceDecoder : public Decoder {
 public:
  /// `cleanup` takes out the space before a mark such as '.', token by token, as the reference
  /// does.
  WordPieceDecoder(std::string prefix, bool cleanup)
      : prefix_(std::move(prefix)), cleanup_(cleanup) {}
  Status Apply(DecodedParts* parts) const override;

 private:
  std::string prefix_;
  bool cleanup_;
};

/// A space in place of `suffix` ("</w>"), but nothing in the last token.
class BpeDecoder : public Decoder {
 public:
  explicit BpeDecoder(std::string suffix) : suffix_(std::move(suffix)) {}
  Status Apply(DecodedParts* parts) const override;

 private:
  std::string suffix_;
};

/// One token of each run of equal ones, without `pad`; with `cleanup`, a space in place of
/// `between_words` as well.
class CtcDecoder : public Decoder {
 public:
  CtcDecoder(std::string pad, std::string between_words, bool cleanup)
      : pad_(std::move(pad)), between_words_(std::move(between_words)), cleanup_(cleanup) {}
  Status Apply(DecodedParts* parts) const override;

 private:
  std::string pad_;
  std::string between_words_;
  bool cleanup_;
};

}  // namespace vetor
