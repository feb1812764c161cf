#include "tokenizer/unicode/properties.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "base/ascii.h"
#include "base/utf8.h"
#include "tokenizer/unicode/notation.h"
#include "tokenizer/unicode/unicode_data.h"

namespace vetor::unicode {
namespace {

struct NamedSet {
  std::string_view ranges;
  Property property;
};

std::vector<NamedSet> Sets() {
  return {{kWhitespace, kIsWhitespace},
          {kPunctuation, kIsPunctuation},
          {kNumeric, kIsNumeric},
          {kWord, kIsWord},
          {kRemovedByCleaning, kIsRemovedByCleaning},
          {kSpacedIdeographs, kIsSpacedIdeograph},
          {kNonspacingMarks, kIsNonspacingMark},
          {kMarks, kIsMark},
          {kRegexLetters, kIsRegexLetter},
          {kRegexNumbers, kIsRegexNumber},
          {kRegexSpaces, kIsRegexSpace},
          {kGraphemeJoins, kJoinsCluster},
          {kGraphemeExtend, kIsGraphemeExtend},
          {kGraphemePrepend, kIsGraphemePrepend},
          {kGraphemeControl, kIsGraphemeControl},
          {kGraphemePictographic, kIsPictographic},
          {kConjunctConsonants, kIsConjunctConsonant},
          {kConjunctLinkers, kIsConjunctLinker},
          {kConjunctExtend, kIsConjunctExtend},
          // Grapheme_Cluster_Break L, V and T of Unicode 16. Outside the BMP there are vowels of
          // Kirat Rai.
          {"1100-115F A960-A97C", kIsHangulLeading},
          {"1160-11A7 D7B0-D7C6 16D63 16D67-16D6A", kIsHangulVowel},
          {"11A8-11FF D7CB-D7FB", kIsHangulTrailing},
          {"AC00-D7A3", kIsHangulSyllable},
          {"AC00-D7A3", kHasCanonicalDecomposition}};
}

TwoStageTable<uint32_t> BuildPropertyTable() {
  std::vector<uint32_t> flat(TwoStageTable<uint32_t>::kCodePoints, 0);
  for (const NamedSet& set : Sets()) {
    ForEachRange(set.ranges, [&](char32_t first, char32_t last) {
      for (char32_t c = first; c <= last; ++c) flat[c] |= set.property;
    });
  }
  const auto mark_mapped = [&](std::string_view mappings, Property property) {
    ForEachMapping(mappings, [&](char32_t c, const char32_t*, size_t) { flat[c] |= property; });
  };
  mark_mapped(kLowercase, kHasLowercase);
  mark_mapped(kCanonicalDecompositions, kHasCanonicalDecomposition);
  mark_mapped(kCompatibilityDecompositions, kHasCompatibilityDecomposition);
  ForEachValue(kCombiningClasses, [&](char32_t c, uint32_t) { flat[c] |= kHasCombiningClass; });
  return TwoStageTable<uint32_t>(flat);
}

const std::unordered_map<char32_t, std::string>& LowercaseMap() {
  static const auto& map = *new auto([] {
    std::unordered_map<char32_t, std::string> lowercase;
    ForEachMapping(kLowercase, [&](char32_t c, const char32_t* targets, size_t count) {
      std::string& form = lowercase[c];
      for (size_t i = 0; i < count; ++i) AppendUtf8(targets[i], &form);
    });
    return lowercase;
  }());
  return map;
}

}  // namespace

template <typename Value>
TwoStageTable<Value>::TwoStageTable(const std::vector<Value>& flat) {
  std::unordered_map<std::string_view, uint16_t> known;
  index_.reserve(kCodePoints / kBlock);
  for (size_t begin = 0; begin < kCodePoints; begin += kBlock) {
    const std::string_view bytes(reinterpret_cast<const char*>(&flat[begin]),
                                 kBlock * sizeof(Value));
    const auto next = static_cast<uint16_t>(values_.size() / kBlock);
    const auto [found, is_new] = known.emplace(bytes, next);
    if (is_new) values_.insert(values_.end(), &flat[begin], &flat[begin] + kBlock);
    index_.push_back(found->second);
  }
}

template class TwoStageTable<uint32_t>;
template class TwoStageTable<uint16_t>;

// Never freed, because other static objects may still tokenize while the process ends.
const TwoStageTable<uint32_t>& PropertyTable() {
  static const auto& table = *new TwoStageTable<uint32_t>(BuildPropertyTable());
  return table;
}

uint16_t ScriptOf(char32_t c) {
  static const auto& table = *new auto([] {
    std::vector<uint16_t> flat(TwoStageTable<uint16_t>::kCodePoints, 0);
    ForEachValue(kScripts, [&](char32_t code_point, uint32_t script) {
      flat[code_point] = static_cast<uint16_t>(script);
    });
    return TwoStageTable<uint16_t>(flat);
  }());
  return table[c];
}

void AppendLowercase(char32_t c, std::string* out) {
  if (c < 0x80) {
    *out += AsciiLower(static_cast<char>(c));
  } else if (Has(c, kHasLowercase)) {
    *out += LowercaseMap().find(c)->second;
  } else {
    AppendUtf8(c, out);
  }
}

}  // namespace vetor::unicode
