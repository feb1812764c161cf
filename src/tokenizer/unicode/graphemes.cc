#include "tokenizer/unicode/graphemes.h"

#include "base/utf8.h"
#include "tokenizer/unicode/properties.h"

namespace vetor::unicode {
namespace {

constexpr char32_t kZeroWidthJoiner = 0x200D;
constexpr uint32_t kHangul =
    kIsHangulLeading | kIsHangulVowel | kIsHangulTrailing | kIsHangulSyllable;

// A syllable without a trailing consonant can still take a vowel or a trailing consonant.
bool IsOpenSyllable(char32_t c, uint32_t properties) {
  return (properties & kIsHangulSyllable) && (c - 0xAC00) % 28 == 0;
}

// The rules GB6, GB7 and GB8.
bool JoinsAsHangul(char32_t before, uint32_t before_properties, uint32_t after) {
  if (before_properties & kIsHangulLeading) {
    return (after & (kIsHangulLeading | kIsHangulVowel | kIsHangulSyllable)) != 0;
  }
  if ((before_properties & kIsHangulVowel) || IsOpenSyllable(before, before_properties)) {
    return (after & (kIsHangulVowel | kIsHangulTrailing)) != 0;
  }
  return (before_properties & (kIsHangulTrailing | kIsHangulSyllable)) &&
         (after & kIsHangulTrailing);
}

// The state of a cluster, apart from its last character.
struct ClusterState {
  bool pictograph = false;  // GB11: a pictograph, followed only by Extend so far
  bool joined = false;      // ... and then by one ZWJ, the last character
  bool consonant = false;   // GB9c: a consonant, followed only by Extend and Linker so far
  bool linked = false;      // ... at least one of them a Linker

  void Take(char32_t c, uint32_t properties) {
    joined = pictograph && c == kZeroWidthJoiner;
    if (properties & kIsPictographic) {
      pictograph = true;
    } else if ((properties & kIsGraphemeExtend) == 0) {
      pictograph = false;  // also after a ZWJ, which does not count as Extend in the reference
    }
    if (properties & kIsConjunctConsonant) {
      consonant = true;
      linked = false;
    } else if (properties & kIsConjunctLinker) {
      linked = consonant;
    } else if ((properties & kIsConjunctExtend) == 0) {
      consonant = linked = false;
    }
  }
};

}  // namespace

size_t ClusterEnd(std::string_view text, size_t at) {
  char32_t before = DecodeUtf8(text, &at);
  uint32_t before_properties = PropertiesOf(before);
  if (before_properties & kIsGraphemeControl) {
    return before == '\r' && at < text.size() && text[at] == '\n' ? at + 1 : at;
  }
  ClusterState state;
  state.Take(before, before_properties);
  while (at < text.size()) {
    size_t after_end = at;
    const char32_t after = DecodeUtf8(text, &after_end);
    const uint32_t properties = PropertiesOf(after);
    if (properties & kIsGraphemeControl) break;
    const bool joins =
        (properties & kJoinsCluster) || (before_properties & kIsGraphemePrepend) ||
        ((before_properties & kHangul) && JoinsAsHangul(before, before_properties, properties)) ||
        (state.joined && (properties & kIsPictographic)) ||
        (state.linked && (properties & kIsConjunctConsonant));
    if (!joins) break;
    state.Take(after, properties);
    before = after;
    before_properties = properties;
    at = after_end;
  }
  return at;
}

}  // namespace vetor::unicode
