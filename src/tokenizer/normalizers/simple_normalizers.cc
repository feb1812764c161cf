#include "tokenizer/normalizers/simple_normalizers.h"

#include <algorithm>

#include "tokenizer/byte_level_alphabet.h"
#include "tokenizer/unicode/properties.h"

namespace vetor {
namespace {

bool IsRemovedByNmt(char32_t c) {
  return (c >= 0x01 && c <= 0x08) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F ||
         c == 0x8F || c == 0x9F;
}

bool IsSpaceToNmt(char32_t c) {
  return c == 0x09 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 ||
         (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF ||
         c == 0xFFFD;
}

}  // namespace

void LowercaseText(AlignedText* text) {
  std::string lower;
  RewriteEachCodePoint(text, [&](char32_t c, const CodePointPlace& place) {
    lower.clear();
    unicode::AppendLowercase(c, &lower);
    place.Replace(lower);
  });
}

void Strip::Apply(AlignedText* text) const {
  const std::string_view source = text->view();
  size_t begin = source.size();
  size_t end = 0;
  for (size_t at = 0; at < source.size();) {
    const size_t here = at;
    if (unicode::Has(DecodeUtf8(source, &at), unicode::kIsWhitespace)) continue;
    begin = std::min(begin, here);
    end = at;
  }
  if (!left_) begin = 0;
  if (!right_) end = source.size();
  TextRewriter rewriter(text);
  if (begin < end) rewriter.Keep(begin, end);
  rewriter.Finish();
}

void StripAccents::Apply(AlignedText* text) const {
  RewriteEachCodePoint(text, [](char32_t c, const CodePointPlace& place) {
    if (!unicode::Has(c, unicode::kIsMark)) place.Keep();
  });
}

void Nmt::Apply(AlignedText* text) const {
  RewriteEachCodePoint(text, [](char32_t c, const CodePointPlace& place) {
    if (IsRemovedByNmt(c)) return;
    if (IsSpaceToNmt(c)) {
      place.Replace(" ");
    } else {
      place.Keep();
    }
  });
}

void Prepend::Apply(AlignedText* text) const {
  const std::string_view source = text->view();
  if (source.empty()) return;
  size_t first_end = 0;
  DecodeUtf8(source, &first_end);
  TextRewriter rewriter(text);
  rewriter.Replace(prefix_, 0, first_end);
  rewriter.Keep(0, source.size());
  rewriter.Finish();
}

void ByteLevelNormalizer::Apply(AlignedText* text) const {
  TextRewriter rewriter(text);
  const std::string_view source = text->view();
  for (size_t i = 0; i < source.size(); ++i) {
    rewriter.Replace(ByteLevelForm(static_cast<unsigned char>(source[i])), i, i + 1);
  }
  rewriter.Finish();
}

}  // namespace vetor
