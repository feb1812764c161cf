#include "tokenizer/unicode/normalization_forms.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "tokenizer/unicode/notation.h"
#include "tokenizer/unicode/properties.h"
#include "tokenizer/unicode/unicode_data.h"

namespace vetor::unicode {
namespace {

// The Unicode Standard, section 3.12, "Conjoining Jamo Behavior".
constexpr char32_t kSyllableBase = 0xAC00;
constexpr char32_t kLeadingBase = 0x1100;
constexpr char32_t kVowelBase = 0x1161;
constexpr char32_t kTrailingBase = 0x11A7;
constexpr char32_t kLeadingCount = 19;
constexpr char32_t kVowelCount = 21;
constexpr char32_t kTrailingCount = 28;
constexpr char32_t kSyllableCount = kLeadingCount * kVowelCount * kTrailingCount;

struct Slice {
  uint32_t begin;
  uint32_t size;
};

uint64_t PairKey(char32_t first, char32_t second) {
  return static_cast<uint64_t>(first) << 32 | second;
}

// Decompositions, classes and composites, which are read once from unicode_data.h.
class Tables {
 public:
  Tables() {
    Read(kCanonicalDecompositions, &canonical_);
    Read(kCompatibilityDecompositions, &compatibility_);
    ForEachValue(kCombiningClasses, [this](char32_t c, uint32_t value) {
      if (classes_.size() <= c) classes_.resize(c + 1);
      classes_[c] = static_cast<uint8_t>(value);
    });
    ForEachRange(kNeverComposed, [this](char32_t first, char32_t last) {
      for (char32_t c = first; c <= last; ++c) never_composed_.emplace(c, true);
    });
    BuildComposites();
  }

  std::u32string_view Decomposition(char32_t c, bool compatibility) const {
    if (compatibility) {
      const auto found = compatibility_.find(c);
      if (found != compatibility_.end()) return View(found->second);
    }
    const auto found = canonical_.find(c);
    return found == canonical_.end() ? std::u32string_view() : View(found->second);
  }

  uint8_t CombiningClass(char32_t c) const { return c < classes_.size() ? classes_[c] : 0; }

  char32_t Composite(char32_t first, char32_t second) const {
    const auto found = composites_.find(PairKey(first, second));
    return found == composites_.end() ? 0 : found->second;
  }

  bool IsCompositionSecond(char32_t c) const { return c < seconds_.size() && seconds_[c]; }

 private:
  using Decompositions = std::unordered_map<char32_t, Slice>;

  void Read(std::string_view mappings, Decompositions* decompositions) {
    ForEachMapping(mappings, [&](char32_t c, const char32_t* targets, size_t count) {
      decompositions->emplace(
          c, Slice{static_cast<uint32_t>(pool_.size()), static_cast<uint32_t>(count)});
      pool_.append(targets, count);
    });
  }

  std::u32string_view View(const Slice& slice) const {
    return std::u32string_view(pool_).substr(slice.begin, slice.size);
  }

  // Only full decompositions are stored. All parts of one except the last are themselves the
  // decomposition of a character that composes, and that character is the composite's first half.
  void BuildComposites() {
    std::unordered_map<std::u32string_view, char32_t> composed_from;
    for (const auto& [c, slice] : canonical_) {
      if (!never_composed_.contains(c)) composed_from.emplace(View(slice), c);
    }
    for (const auto& [parts, c] : composed_from) {
      const std::u32string_view head = parts.substr(0, parts.size() - 1);
      const auto found = composed_from.find(head);
      const char32_t first = head.size() == 1 ? head[0] : found->second;
      composites_.emplace(PairKey(first, parts.back()), c);
      if (seconds_.size() <= parts.back()) seconds_.resize(parts.back() + 1);
      seconds_[parts.back()] = true;
    }
  }

  std::u32string pool_;
  Decompositions canonical_;
  Decompositions compatibility_;
  std::unordered_map<char32_t, bool> never_composed_;
  std::unordered_map<uint64_t, char32_t> composites_;
  // Indexed by code point, up to the last one that has a class. It is read for most characters
  // beyond ASCII.
  std::vector<uint8_t> classes_;
  std::vector<bool> seconds_;
};

const Tables& GetTables() {
  static const Tables& tables = *new Tables();
  return tables;
}

bool IsComposing(NormalizationForm form) {
  return form == NormalizationForm::kNfc || form == NormalizationForm::kNfkc;
}

bool IsCompatibility(NormalizationForm form) {
  return form == NormalizationForm::kNfkc || form == NormalizationForm::kNfkd;
}

// Canonical Ordering Algorithm: a stable sort of every run of non-zero classes.
void Reorder(std::vector<NormalizedCodePoint>* text) {
  const auto less = [](const NormalizedCodePoint& a, const NormalizedCodePoint& b) {
    return CombiningClassOf(a.code_point) < CombiningClassOf(b.code_point);
  };
  for (auto begin = text->begin(); begin != text->end(); ++begin) {
    if (CombiningClassOf(begin->code_point) == 0) continue;
    auto end = begin + 1;
    while (end != text->end() && CombiningClassOf(end->code_point) != 0) ++end;
    std::stable_sort(begin, end, less);
    begin = end - 1;
  }
}

// Canonical Composition Algorithm: a character joins the last starter, unless a character stands
// between them whose class is 0 or at least its own.
void ComposeAll(std::vector<NormalizedCodePoint>* text) {
  std::vector<NormalizedCodePoint>& points = *text;
  size_t size = 0;
  size_t starter = points.size();
  int blocking_class = -1;
  for (const NormalizedCodePoint& point : points) {
    const int own_class = CombiningClassOf(point.code_point);
    if (starter < size && blocking_class < own_class) {
      const char32_t composite = Compose(points[starter].code_point, point.code_point);
      if (composite != 0) {
        points[starter].code_point = composite;
        points[starter].source_count += point.source_count;
        continue;
      }
    }
    blocking_class = own_class;
    if (own_class == 0) {
      starter = size;
      blocking_class = -1;
    }
    points[size++] = point;
  }
  points.resize(size);
}

}  // namespace

void AppendDecomposition(char32_t c, bool compatibility, std::vector<char32_t>* out) {
  const uint32_t properties = PropertiesOf(c);
  if (properties & kIsHangulSyllable) {
    const char32_t index = c - kSyllableBase;
    out->push_back(kLeadingBase + index / (kVowelCount * kTrailingCount));
    out->push_back(kVowelBase + index % (kVowelCount * kTrailingCount) / kTrailingCount);
    if (index % kTrailingCount != 0) out->push_back(kTrailingBase + index % kTrailingCount);
    return;
  }
  uint32_t wanted = kHasCanonicalDecomposition;
  if (compatibility) wanted |= kHasCompatibilityDecomposition;
  if ((properties & wanted) == 0) {
    out->push_back(c);
    return;
  }
  const std::u32string_view parts = GetTables().Decomposition(c, compatibility);
  out->insert(out->end(), parts.begin(), parts.end());
}

uint8_t CombiningClassOf(char32_t c) {
  return Has(c, kHasCombiningClass) ? GetTables().CombiningClass(c) : 0;
}

char32_t Compose(char32_t first, char32_t second) {
  if (first - kLeadingBase < kLeadingCount && second - kVowelBase < kVowelCount) {
    const char32_t index = (first - kLeadingBase) * kVowelCount + (second - kVowelBase);
    return kSyllableBase + index * kTrailingCount;
  }
  if (first - kSyllableBase < kSyllableCount && (first - kSyllableBase) % kTrailingCount == 0 &&
      second > kTrailingBase && second < kTrailingBase + kTrailingCount) {
    return first + (second - kTrailingBase);
  }
  return GetTables().Composite(first, second);
}

bool IsStable(char32_t c, NormalizationForm form) {
  uint32_t unstable = kHasCanonicalDecomposition | kHasCombiningClass;
  if (IsCompatibility(form)) unstable |= kHasCompatibilityDecomposition;
  if (IsComposing(form)) unstable |= kIsHangulVowel | kIsHangulTrailing;
  if (Has(c, unstable)) return false;
  // Below U+0300 no character composes with the one before it.
  return c < 0x300 || !IsComposing(form) || !GetTables().IsCompositionSecond(c);
}

bool StaysInPlace(char32_t c, NormalizationForm form, uint8_t* last_class) {
  uint32_t changing = kHasCanonicalDecomposition;
  if (IsCompatibility(form)) changing |= kHasCompatibilityDecomposition;
  if (IsComposing(form)) changing |= kIsHangulVowel | kIsHangulTrailing;
  if (Has(c, changing)) return false;
  if (c >= 0x300 && IsComposing(form) && GetTables().IsCompositionSecond(c)) return false;
  const uint8_t own_class = CombiningClassOf(c);
  if (own_class != 0 && own_class < *last_class) return false;
  *last_class = own_class;
  return true;
}

void Normalize(std::u32string_view source, NormalizationForm form,
               std::vector<NormalizedCodePoint>* out) {
  out->clear();
  std::vector<char32_t> parts;
  for (const char32_t c : source) {
    parts.clear();
    AppendDecomposition(c, IsCompatibility(form), &parts);
    for (size_t i = 0; i < parts.size(); ++i) out->push_back({parts[i], i == 0 ? 1U : 0U});
  }
  Reorder(out);
  if (IsComposing(form)) ComposeAll(out);
}

}  // namespace vetor::unicode
