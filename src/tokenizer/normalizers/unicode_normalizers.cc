#include "tokenizer/normalizers/unicode_normalizers.h"

#include <string>
#include <vector>

#include "base/utf8.h"

namespace vetor {
namespace {

// The first byte at or after `at` that begins a character which the form may change; the text's
// size where there is none.
size_t FindUnstable(std::string_view text, size_t at, unicode::NormalizationForm form) {
  while (at < text.size()) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const size_t begin = at;
    if (!unicode::IsStable(DecodeUtf8(text, &at), form)) return begin;
  }
  return at;
}

// Writes the normalized form of [begin, end). A part that stands for several characters of the
// source comes from the first of them.
void NormalizeRun(unicode::NormalizationForm form, std::string_view source, ByteRange run,
                  TextRewriter* rewriter) {
  std::u32string points;
  std::vector<size_t> begins;
  for (size_t at = run.begin; at < run.end;) {
    begins.push_back(at);
    points += DecodeUtf8(source, &at);
  }
  begins.push_back(run.end);
  std::vector<unicode::NormalizedCodePoint> normalized;
  unicode::Normalize(points, form, &normalized);
  std::string bytes;
  size_t next = 0;
  for (const unicode::NormalizedCodePoint& point : normalized) {
    bytes.clear();
    AppendUtf8(point.code_point, &bytes);
    const size_t from = point.source_count > 0 || next == 0 ? next : next - 1;
    rewriter->Replace(bytes, begins[from], begins[from + 1]);
    next += point.source_count;
  }
}

}  // namespace

void NormalizeText(unicode::NormalizationForm form, AlignedText* text) {
  const std::string_view source = text->view();
  size_t unstable = FindUnstable(source, 0, form);
  if (unstable == source.size()) return;
  TextRewriter rewriter(text);
  size_t kept = 0;
  while (unstable < source.size()) {
    // The character before a mark may compose with it.
    size_t begin = unstable;
    while (begin > kept) {
      --begin;
      if ((static_cast<unsigned char>(source[begin]) & 0xC0) != 0x80) break;
    }
    size_t end = unstable;
    while (end < source.size()) {
      size_t after = end;
      if (unicode::IsStable(DecodeUtf8(source, &after), form)) break;
      end = after;
    }
    rewriter.Keep(kept, begin);
    NormalizeRun(form, source, {begin, end}, &rewriter);
    kept = end;
    unstable = FindUnstable(source, end, form);
  }
  rewriter.Keep(kept, source.size());
  rewriter.Finish();
}

}  // namespace vetor
