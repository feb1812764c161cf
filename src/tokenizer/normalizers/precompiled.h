// Precompiled: SentencePiece's character map (nmt_nfkc and others), a double-array trie (Darts)
// from byte strings to replacements. This follows how the reference applies it. A grapheme cluster
// under six bytes is replaced whole by the replacement of its *shortest* mapped prefix. A longer
// cluster, or one without such a prefix, is looked up code point by code point. (SentencePiece
// itself takes the longest match and knows no clusters.)
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/normalizer.h"

namespace vetor {

class Precompiled : public Normalizer {
 public:
  static Result<std::unique_ptr<Precompiled>> Parse(const JsonNode& node);

  /// `charsmap` holds the size of the trie in bytes (u32, little-endian), the trie's units, and the
  /// replacements, each ending in NUL. Errors: INVALID_ARGUMENT, also if a value of the trie lies
  /// outside the replacements or inside a character.
  static Result<std::unique_ptr<Precompiled>> FromCharsmap(std::string_view charsmap);

  void Apply(AlignedText* text) const override;
  bool KeepsWordsApart() const override;

 private:
  Status CheckValues() const;
  std::optional<std::string_view> Find(std::string_view bytes) const;
  void ReplaceCluster(std::string_view source, ByteRange cluster, size_t* kept,
                      TextRewriter* rewriter) const;

  std::vector<uint32_t> units_;
  std::string replacements_;
  // true for an ASCII character that has no replacement when it stands alone
  std::array<bool, 128> keeps_ascii_{};
};

}  // namespace vetor
