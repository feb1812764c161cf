#include "tokenizer/range_trim.h"

#include <algorithm>

#include "base/utf8.h"
#include "tokenizer/unicode/properties.h"

namespace vetor {
namespace {

constexpr char32_t kFormOfSpace = 0x120;  // ByteLevelForm(' ')

bool IsSpace(char32_t c) { return c == kFormOfSpace || unicode::Has(c, unicode::kIsWhitespace); }

// Where the code point begins that ends at `end` > 0.
size_t PreviousBegin(std::string_view text, size_t end) {
  do {
    --end;
  } while (end > 0 && IsContinuationByte(text[end]));
  return end;
}

size_t LeadingSpaces(std::string_view token) {
  size_t count = 0;
  for (size_t at = 0; at < token.size() && IsSpace(DecodeUtf8(token, &at));) ++count;
  return count;
}

size_t TrailingSpaces(std::string_view token) {
  size_t count = 0;
  for (size_t end = token.size(); end > 0; ++count) {
    end = PreviousBegin(token, end);
    size_t at = end;
    if (!IsSpace(DecodeUtf8(token, &at))) break;
  }
  return count;
}

// Where `range` ends without its last `count` characters. Unchanged if the text has fewer before
// it.
size_t EndWithout(size_t count, std::string_view text, TokenOffsets range) {
  size_t end = range.end;
  for (; count > 0; --count) {
    if (end == 0) return range.end;
    end = PreviousBegin(text, end);
  }
  return std::max(end, range.begin);
}

void TrimOne(const RangeTrim& trim, std::string_view text, const TokenText& token_text,
             Encoding* encoding) {
  for (size_t i = 0; i < encoding->offsets.size(); ++i) {
    TokenOffsets& range = encoding->offsets[i];
    std::string_view token = token_text(encoding->ids[i], range);
    // A vocabulary that was not written by a tokenizer may hold any bytes.
    if (FindInvalidUtf8(token) != kValidUtf8) token = {};
    size_t leading = LeadingSpaces(token);
    const bool is_first = i == 0 || range.begin == 0;
    if (leading > 0 && is_first && trim.add_prefix_space) --leading;
    for (; leading > 0 && range.begin < range.end; --leading) DecodeUtf8(text, &range.begin);
    range.end = EndWithout(TrailingSpaces(token), text, range);
  }
}

}  // namespace

void TrimRanges(const RangeTrim& trim, std::string_view text, const TokenText& token_text,
                Encoding* encoding) {
  TrimOne(trim, text, token_text, encoding);
  for (Encoding& window : encoding->overflow) TrimOne(trim, text, token_text, &window);
}

}  // namespace vetor
