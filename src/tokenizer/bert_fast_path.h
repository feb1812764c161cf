// BertNormalizer, BertPreTokenizer and WordPiece in one walk over the text that copies nothing. A
// table says what the three together make of each code point. The ids are those of the three stages
// one after the other; a test compares them on every code point and on random strings.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/models/wordpiece.h"
#include "tokenizer/normalizers/bert_normalizer.h"
#include "tokenizer/unicode/properties.h"

namespace vetor {

/// Immutable after construction; thread-safe.
class BertFastPath {
 public:
  /// `avoid` holds contents of added tokens that are looked for in the normalized text. A text that
  /// may hold one of them is left to the stages. REQUIRES: `model` outlives this.
  BertFastPath(const BertNormalizerOptions& options, const WordPiece& model,
               const std::vector<std::string>& avoid);

  /// The buffers of one thread.
  struct Scratch {
    std::vector<char> word;
  };

  /// Appends the ids of `text` to `sink`, and stops soon after the sink holds more than `limit`.
  /// Returns false if the text needs the stages (a mark that must be sorted, a possible added
  /// token); the caller then takes back the ids that were appended.
  bool Tokenize(std::string_view text, size_t limit, Scratch* scratch, TokenSink* sink) const;

 private:
  // The action for a code point. Values from kFirstReplacement on are indices of replacements_.
  enum Action : uint16_t {
    kLetter,
    kSpace,
    kPunctuation,  // also a spaced ideograph; it is a word of its own
    kRemoved,
    kHangulSyllable,
    kNeedsStages,
    kFirstReplacement,
  };

  // The replacement of a code point, as a list of actions: kLetter, kSpace or kPunctuation.
  struct Replacement {
    uint32_t begin = 0;  // an index into replacement_parts_
    uint32_t size = 0;
  };
  struct ReplacementPart {
    Action action = kLetter;
    uint8_t size = 0;
    std::array<char, 4> bytes{};
  };

  class Walk;

  void BuildTable(const std::vector<std::string>& avoid);
  uint16_t ActionOf(char32_t c, const std::vector<char32_t>& avoided);
  std::vector<char32_t> Normalized(char32_t c, bool* needs_stages) const;
  uint16_t AddReplacement(const std::vector<char32_t>& code_points);

  BertNormalizerOptions options_;
  const WordPiece* model_;
  std::array<uint8_t, 128> ascii_action_{};
  std::array<char, 128> ascii_lower_{};
  unicode::TwoStageTable<uint16_t> table_;
  std::vector<Replacement> replacements_;
  std::vector<ReplacementPart> replacement_parts_;
};

}  // namespace vetor
