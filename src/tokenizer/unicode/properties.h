// The properties of one code point that the reference uses, as bits: a two-stage table, built once
// per process from unicode_data.h (about 1 ms, 100 KB). Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vetor::unicode {

enum Property : uint32_t {
  kIsWhitespace = 1U << 0,
  kIsPunctuation = 1U << 1,
  kIsNumeric = 1U << 2,
  kIsWord = 1U << 3,
  kIsRemovedByCleaning = 1U << 4,
  kIsSpacedIdeograph = 1U << 5,
  kIsNonspacingMark = 1U << 6,
  kIsMark = 1U << 7,
  kIsRegexLetter = 1U << 8,
  kIsRegexNumber = 1U << 9,
  kIsRegexSpace = 1U << 10,
  kJoinsCluster = 1U << 11,
  kIsGraphemeExtend = 1U << 12,
  kIsGraphemePrepend = 1U << 13,
  kIsGraphemeControl = 1U << 14,
  kIsPictographic = 1U << 15,
  kIsConjunctConsonant = 1U << 16,
  kIsConjunctLinker = 1U << 17,
  kIsConjunctExtend = 1U << 18,
  kHasLowercase = 1U << 19,
  kHasCanonicalDecomposition = 1U << 20,  // also for Hangul syllables
  kHasCompatibilityDecomposition = 1U << 21,
  kHasCombiningClass = 1U << 22,  // a class other than 0
  kIsHangulLeading = 1U << 23,
  kIsHangulVowel = 1U << 24,
  kIsHangulTrailing = 1U << 25,
  kIsHangulSyllable = 1U << 26,
};

/// A two-stage table: blocks of 128 values, of which equal ones are stored once.
template <typename Value>
class TwoStageTable {
 public:
  static constexpr size_t kBlock = 128;
  static constexpr size_t kCodePoints = 0x110000;

  TwoStageTable() = default;
  /// REQUIRES: flat.size() == kCodePoints.
  explicit TwoStageTable(const std::vector<Value>& flat);

  Value operator[](char32_t c) const { return values_[index_[c / kBlock] * kBlock + c % kBlock]; }

  size_t bytes() const { return index_.size() * sizeof index_[0] + values_.size() * sizeof(Value); }

 private:
  std::vector<uint16_t> index_;
  std::vector<Value> values_;
};

extern template class TwoStageTable<uint32_t>;
extern template class TwoStageTable<uint16_t>;

const TwoStageTable<uint32_t>& PropertyTable();

/// The Property bits of a scalar value.
inline uint32_t PropertiesOf(char32_t c) {
  static const TwoStageTable<uint32_t>& table = PropertyTable();
  return table[c];
}

inline bool Has(char32_t c, uint32_t properties) { return (PropertiesOf(c) & properties) != 0; }

/// A number that is equal for all characters of one script, as UnicodeScripts sees it. 0 goes with
/// any script.
uint16_t ScriptOf(char32_t c);

/// Appends the lowercase form of `c` in UTF-8: one code point, or two for U+0130.
void AppendLowercase(char32_t c, std::string* out);

}  // namespace vetor::unicode
