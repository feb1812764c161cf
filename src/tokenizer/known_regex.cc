#include "tokenizer/known_regex.h"

#include <array>

#include "base/ascii.h"
#include "base/utf8.h"
#include "tokenizer/unicode/properties.h"

namespace vetor {
namespace {

constexpr uint32_t kLetter = unicode::kIsRegexLetter;
constexpr uint32_t kNumber = unicode::kIsRegexNumber;
constexpr uint32_t kSpace = unicode::kIsRegexSpace;
constexpr uint32_t kKinds = kLetter | kNumber | kSpace;

uint32_t KindAt(std::string_view text, size_t at, size_t* end) {
  *end = at;
  return unicode::PropertiesOf(DecodeUtf8(text, end)) & kKinds;
}

// The kinds of the ASCII characters, which make up most of a text.
const std::array<uint32_t, 128>& AsciiKinds() {
  static const std::array<uint32_t, 128> kTable = [] {
    std::array<uint32_t, 128> table{};
    for (char32_t c = 0; c < table.size(); ++c) table[c] = unicode::PropertiesOf(c) & kKinds;
    return table;
  }();
  return kTable;
}

// Where the run of code points of `kind` that begins at `at` ends. Kind 0 means none of the three.
size_t RunEnd(std::string_view text, size_t at, uint32_t kind) {
  const std::array<uint32_t, 128>& ascii = AsciiKinds();
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < ascii.size()) {
      if (ascii[byte] != kind) break;
      ++at;
    } else {
      size_t end = at;
      if (KindAt(text, at, &end) != kind) break;
      at = end;
    }
  }
  return at;
}

// As above, for a run of at most `most` code points.
size_t RunEnd(std::string_view text, size_t at, uint32_t kind, size_t most) {
  size_t end = at;
  for (; at < text.size() && most > 0; --most) {
    if (KindAt(text, at, &end) != kind) break;
    at = end;
  }
  return at;
}

// Matches \s+(?!\S)|\s+ at whitespace: a run leaves its last character to the word that follows.
size_t WhitespaceEnd(std::string_view text, size_t at) {
  size_t last = at;
  size_t end = at;
  while (end < text.size()) {
    size_t after = end;
    if (KindAt(text, end, &after) != kSpace) break;
    last = end;
    end = after;
  }
  return end == text.size() || last == at ? end : last;
}

bool IsNewline(char c) { return c == '\n' || c == '\r'; }

// Matches 's|'t|'re|'ve|'m|'ll|'d at an apostrophe; returns `at` if none of them stands there.
size_t ContractionEnd(std::string_view text, size_t at) {
  const std::string_view rest = text.substr(at + 1);
  if (rest.empty()) return at;
  if (rest[0] == 's' || rest[0] == 't' || rest[0] == 'm' || rest[0] == 'd') return at + 2;
  const std::string_view two = rest.substr(0, 2);
  return two == "re" || two == "ve" || two == "ll" ? at + 3 : at;
}

// As ContractionEnd under (?i:), in which U+017F also counts as an s.
size_t ContractionEndAnyCase(std::string_view text, size_t at) {
  const std::string_view rest = text.substr(at + 1);
  if (rest.starts_with("\xC5\xBF")) return at + 3;
  char lower[3] = {'\'', 0, 0};
  size_t size = 1;
  for (; size < 3 && size <= rest.size(); ++size) {
    lower[size] = AsciiLower(rest[size - 1]);
  }
  const size_t end = ContractionEnd({lower, size}, 0);
  return at + end;
}

// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
size_t Gpt2End(std::string_view text, size_t at) {
  if (text[at] == '\'') {
    const size_t end = ContractionEnd(text, at);
    if (end != at) return end;
  }
  size_t first = at;
  if (text[at] == ' ' && at + 1 < text.size()) ++first;
  size_t end = first;
  const uint32_t kind = KindAt(text, first, &end);
  return kind == kSpace ? WhitespaceEnd(text, at) : RunEnd(text, end, kind);
}

// (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,most}| ?[^\s\p{L}\p{N}]+[\r\n]*
// |\s*[\r\n]+|\s+(?!\S)|\s+
size_t Cl100kEnd(std::string_view text, size_t at, size_t most_digits) {
  if (text[at] == '\'') {
    const size_t end = ContractionEndAnyCase(text, at);
    if (end != at) return end;
  }
  size_t end = at;
  const uint32_t kind = KindAt(text, at, &end);
  if (kind == kLetter) return RunEnd(text, end, kLetter);
  if (kind == kNumber) return RunEnd(text, at, kNumber, most_digits);
  size_t after = end;
  const bool has_next = end < text.size();
  const uint32_t next = has_next ? KindAt(text, end, &after) : kSpace;
  if (!IsNewline(text[at]) && has_next && next == kLetter) return RunEnd(text, after, kLetter);
  if (kind == 0 || (text[at] == ' ' && has_next && next == 0)) {
    end = RunEnd(text, end, 0);
    while (end < text.size() && IsNewline(text[end])) ++end;
    return end;
  }
  const size_t run_end = RunEnd(text, at, kSpace);
  for (size_t i = run_end; i > at; --i) {
    if (IsNewline(text[i - 1])) return i;
  }
  return WhitespaceEnd(text, at);
}

size_t Llama3End(std::string_view text, size_t at) { return Cl100kEnd(text, at, 3); }
size_t QwenEnd(std::string_view text, size_t at) { return Cl100kEnd(text, at, 1); }

// " {2,}"
size_t TwoSpacesEnd(std::string_view text, size_t at) {
  size_t end = at;
  while (end < text.size() && text[end] == ' ') ++end;
  return end - at >= 2 ? end : at;
}

// " +"
size_t SpacesEnd(std::string_view text, size_t at) {
  while (at < text.size() && text[at] == ' ') ++at;
  return at;
}

// "\s+"
size_t AnySpacesEnd(std::string_view text, size_t at) { return RunEnd(text, at, kSpace); }

// "\s"
size_t AnySpaceEnd(std::string_view text, size_t at) { return RunEnd(text, at, kSpace, 1); }

constexpr std::string_view kGpt2 =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

}  // namespace

const std::vector<std::string_view>& KnownRegex::Patterns() {
  static const auto& patterns =
      *new std::vector<std::string_view>{kGpt2, kLlama3, kQwen, " {2,}", " +", R"(\s+)", R"(\s)"};
  return patterns;
}

std::optional<KnownRegex> KnownRegex::Find(std::string_view pattern) {
  if (pattern == kGpt2) return KnownRegex(Gpt2End);
  if (pattern == kLlama3) return KnownRegex(Llama3End);
  if (pattern == kQwen) return KnownRegex(QwenEnd);
  if (pattern == " {2,}") return KnownRegex(TwoSpacesEnd);
  if (pattern == " +") return KnownRegex(SpacesEnd);
  if (pattern == R"(\s+)") return KnownRegex(AnySpacesEnd);
  if (pattern == R"(\s)") return KnownRegex(AnySpaceEnd);
  return std::nullopt;
}

KnownRegex KnownRegex::Gpt2() { return KnownRegex(Gpt2End); }

bool KnownRegex::LeavesSingleSpaces() const { return end_of_match_ == TwoSpacesEnd; }

bool KnownRegex::CutsBeforeWords() const {
  return end_of_match_ == Gpt2End || end_of_match_ == Llama3End || end_of_match_ == QwenEnd;
}

std::optional<regex::Match> KnownRegex::Next(std::string_view text, size_t at) const {
  while (at < text.size()) {
    const size_t end = end_of_match_(text, at);
    if (end != at) return regex::Match{at, end};
    DecodeUtf8(text, &at);
  }
  return std::nullopt;
}

}  // namespace vetor
