#include "tokenizer/regex/pattern_reader.h"

#include <fmt/format.h>

#include <utility>

#include "base/status_macros.h"
#include "base/utf8.h"
#include "tokenizer/regex/named_sets.h"

namespace vetor::regex {
namespace {

constexpr size_t kMostNestedClasses = 16;
constexpr size_t kMostSets = 1000;
constexpr char32_t kFirstSurrogate = 0xD800;
constexpr char32_t kLastSurrogate = 0xDFFF;

bool IsAsciiLetter(char32_t c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

Escape Character(char32_t c) {
  Escape escape;
  escape.character = c;
  return escape;
}

Escape Set(CodeSet set, bool negated) {
  Escape escape;
  escape.is_set = true;
  escape.set = negated ? set.Complement() : std::move(set);
  return escape;
}

// Reads \x41, \x{1F600} and \u0041 from after the letter on.
Result<Escape> ReadCodePoint(char32_t letter, PatternReader* reader) {
  char32_t c = 0;
  if (letter == 'x' && reader->Skip("{")) {
    if (!reader->HexNumber(6, &c) || !reader->Skip("}")) {
      return reader->Unknown("\\x{ without a code point and }");
    }
  } else {
    const size_t digits = letter == 'x' ? 2 : 4;
    for (size_t i = 0; i < digits; ++i) {
      char32_t digit = 0;
      if (!reader->HexNumber(1, &digit)) return reader->Unknown("\\x or \\u with too few digits");
      c = c * 16 + digit;
    }
    // In the reference, this is a byte of UTF-8 and not a code point.
    if (letter == 'x' && c >= 0x80) return reader->Unknown("\\x with a byte beyond ASCII");
  }
  if (c > CodeSet::kLastCodePoint || (c >= kFirstSurrogate && c <= kLastSurrogate)) {
    return reader->Unknown("an escape of a number that is not a Unicode scalar value");
  }
  return Character(c);
}

// Reads \p{..} and \P{..} from after the letter on.
Result<Escape> ReadProperty(bool negated, PatternReader* reader) {
  std::string_view name;
  if (!reader->Skip("{") || !reader->Until('}', &name)) {
    return reader->Unknown("\\p without a name in braces");
  }
  if (name.starts_with('^')) {
    name.remove_prefix(1);
    negated = !negated;
  }
  const CodeSet* set = FindNamedSet(name);
  if (set == nullptr) return reader->Unknown(fmt::format("the property \"{}\"", name));
  return Set(*set, negated);
}

// Reads the items of a class, one after the other.
class ClassReader {
 public:
  explicit ClassReader(PatternReader* reader) : reader_(reader) {}

  Result<CodeSet> Read(bool fold, size_t depth);

 private:
  Status ReadItem(size_t depth);
  Status ReadRange(char32_t first);
  Result<Escape> ReadMember();
  bool SeesRange() const { return reader_->Sees("-") && !reader_->Sees("-]"); }

  PatternReader* reader_;
  std::vector<CodeSet::Range> ranges_;
  bool has_item_ = false;
  size_t sets_ = 0;
};

Result<Escape> ClassReader::ReadMember() {
  if (reader_->AtEnd()) return reader_->Unknown("a class without ]");
  const char32_t c = reader_->Next();
  if (c != '\\') return Character(c);
  return ReadEscape(reader_, EscapePlace::kInClass);
}

Status ClassReader::ReadRange(char32_t first) {
  if (reader_->Sees("[") || reader_->Sees("&&")) return reader_->Unknown("a range without an end");
  VETOR_ASSIGN_OR_RETURN(const Escape end, ReadMember());
  if (end.is_set || end.character < first) return reader_->Unknown("a range without an end");
  ranges_.push_back({first, end.character});
  return SeesRange() ? reader_->Unknown("a second - after a range") : Status();
}

Status ClassReader::ReadItem(size_t depth) {
  if (reader_->Skip("[")) {
    if (reader_->Sees(":")) return reader_->Unknown("a bracket [:..:]");
    VETOR_ASSIGN_OR_RETURN(const CodeSet nested, ClassReader(reader_).Read(false, depth + 1));
    ranges_.insert(ranges_.end(), nested.ranges().begin(), nested.ranges().end());
    return SeesRange() ? reader_->Unknown("a - after a class") : Status();
  }
  const bool is_hyphen = reader_->Sees("-");
  const bool is_plain = !is_hyphen || !has_item_ || reader_->Sees("-]");
  if (!is_plain) return reader_->Unknown("a - that is neither a range nor at an end of its class");
  VETOR_ASSIGN_OR_RETURN(const Escape member, ReadMember());
  if (member.is_set) {
    // Each set may have hundreds of ranges.
    if (++sets_ > kMostSets) return reader_->Unknown("so many sets in a class");
    ranges_.insert(ranges_.end(), member.set.ranges().begin(), member.set.ranges().end());
    return SeesRange() ? reader_->Unknown("a - after a set") : Status();
  }
  if (SeesRange()) {
    reader_->Next();
    return ReadRange(member.character);
  }
  ranges_.push_back({member.character, member.character});
  return Status();
}

Result<CodeSet> ClassReader::Read(bool fold, size_t depth) {
  if (depth > kMostNestedClasses) return reader_->Unknown("so many classes in one another");
  const bool negated = reader_->Skip("^");
  CodeSet both({{0, CodeSet::kLastCodePoint}});
  while (true) {
    const bool ends = reader_->Skip("]");
    if (ends || reader_->Skip("&&")) {
      if (!has_item_) return reader_->Unknown("a class of nothing");
      both = both.Intersection(CodeSet(std::move(ranges_)));
      ranges_.clear();
      has_item_ = false;
      if (ends) break;
      continue;
    }
    if (reader_->AtEnd()) return reader_->Unknown("a class without ]");
    VETOR_RETURN_IF_ERROR(ReadItem(depth));
    has_item_ = true;
  }
  if (fold) {
    VETOR_ASSIGN_OR_RETURN(both, FoldedSet(both, *reader_));
  }
  return negated ? both.Complement() : both;
}

// Characters that have another case, or are part of one.
const CodeSet& CasedSet() {
  static const CodeSet& set = *new CodeSet([] {
    CodeSet cased;
    for (const char* name : {"L", "M", "Nl", "So"}) cased = cased.Union(*FindNamedSet(name));
    return cased.Intersection(CodeSet({{0x80, CodeSet::kLastCodePoint}}));
  }());
  return set;
}

}  // namespace

bool PatternReader::Skip(std::string_view words) {
  if (!Sees(words)) return false;
  at_ += words.size();
  return true;
}

char32_t PatternReader::Next() { return DecodeUtf8(pattern_, &at_); }

bool PatternReader::Number(uint32_t* number) {
  const size_t begin = at_;
  *number = 0;
  for (; !AtEnd() && pattern_[at_] >= '0' && pattern_[at_] <= '9' && at_ - begin < 6; ++at_) {
    *number = *number * 10 + static_cast<uint32_t>(pattern_[at_] - '0');
  }
  return at_ > begin;
}

bool PatternReader::HexNumber(size_t most, char32_t* number) {
  const size_t begin = at_;
  *number = 0;
  for (; !AtEnd() && at_ - begin < most; ++at_) {
    const char c = pattern_[at_];
    const char small = static_cast<char>(IsAsciiLetter(static_cast<unsigned char>(c)) ? c | 32 : c);
    const bool is_digit = small >= '0' && small <= '9';
    if (!is_digit && (small < 'a' || small > 'f')) break;
    *number = *number * 16 + static_cast<char32_t>(is_digit ? small - '0' : small - 'a' + 10);
  }
  return at_ > begin;
}

bool PatternReader::Until(char end, std::string_view* words) {
  const size_t found = pattern_.find(end, at_);
  if (found == std::string_view::npos) return false;
  *words = pattern_.substr(at_, found - at_);
  at_ = found + 1;
  return true;
}

Status PatternReader::Unknown(std::string_view what) const {
  return UnimplementedError(fmt::format("{}, at byte {}", what, at_));
}

Result<Escape> ReadEscape(PatternReader* reader, EscapePlace place) {
  if (reader->AtEnd()) return reader->Unknown("a backslash at the end");
  const char32_t c = reader->Next();
  switch (c) {
    case 'n':
      return Character('\n');
    case 'r':
      return Character('\r');
    case 't':
      return Character('\t');
    case 'f':
      return Character('\f');
    case 'v':
      return Character('\v');
    case 's':
    case 'S':
      return Set(SpaceSet(), c == 'S');
    case 'd':
    case 'D':
      return Set(DigitSet(), c == 'D');
    case 'w':
    case 'W':
      return Set(place == EscapePlace::kInClass ? WordSetOfClass() : WordSet(), c == 'W');
    case 'h':
    case 'H':
      return Set(HexSet(), c == 'H');
    case 'x':
    case 'u':
      return ReadCodePoint(c, reader);
    case 'p':
    case 'P':
      return ReadProperty(c == 'P', reader);
    default:
      break;
  }
  if (IsAsciiLetter(c) || (c >= '0' && c <= '9')) {
    return reader->Unknown(fmt::format("the escape \\{}", static_cast<char>(c)));
  }
  return Character(c);
}

Result<CodeSet> ReadClass(PatternReader* reader, bool fold) {
  return ClassReader(reader).Read(fold, 0);
}

Result<CodeSet> FoldedSet(const CodeSet& set, const PatternReader& reader) {
  if (set.Meets(CasedSet())) return reader.Unknown("(?i:) over letters that are not ASCII");
  std::vector<CodeSet::Range> ranges = set.ranges();
  for (char32_t small = 'a'; small <= 'z'; ++small) {
    const char32_t large = small - 32;
    if (!set.Contains(small) && !set.Contains(large)) continue;
    ranges.push_back({small, small});
    ranges.push_back({large, large});
    if (small == 's') ranges.push_back({0x17F, 0x17F});
    if (small == 'k') ranges.push_back({0x212A, 0x212A});
  }
  return CodeSet(std::move(ranges));
}

}  // namespace vetor::regex
