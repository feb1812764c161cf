#include "tokenizer/normalizers/unicode_normalizers.h"

#include <string>
#include <vector>

#include "base/utf8.h"

namespace vetor {
namespace {

// Where the next run begins that normalizing may change: the last character of combining class 0
// before the change; the text's size if nothing changes. REQUIRES: `at` is such a character, or the
// beginning or end of the text.
size_t FindChange(std::string_view text, size_t at, unicode::NormalizationForm form) {
  size_t starter = at;
  uint8_t last_class = 0;
  while (at < text.size()) {
    const size_t begin = at;
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      last_class = 0;
    } else if (!unicode::StaysInPlace(DecodeUtf8(text, &at), form, &last_class)) {
      return starter;
    }
    if (last_class == 0) starter = begin;
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
  size_t begin = FindChange(source, 0, form);
  if (begin == source.size()) return;
  TextRewriter rewriter(text);
  size_t kept = 0;
  while (begin < source.size()) {
    size_t end = begin;
    DecodeUtf8(source, &end);
    while (end < source.size()) {
      size_t after = end;
      if (unicode::IsStable(DecodeUtf8(source, &after), form)) break;
      end = after;
    }
    rewriter.Keep(kept, begin);
    NormalizeRun(form, source, {begin, end}, &rewriter);
    kept = end;
    begin = FindChange(source, end, form);
  }
  rewriter.Keep(kept, source.size());
  rewriter.Finish();
}

}  // namespace vetor
