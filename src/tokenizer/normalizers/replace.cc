#include "tokenizer/normalizers/replace.h"

#include "base/utf8.h"

namespace vetor {

void Replace::Apply(AlignedText* text) const {
  const std::string_view source = text->view();
  auto match = pattern_.Next(source, 0);
  if (!match) return;
  TextRewriter rewriter(text);
  size_t kept = 0;
  while (match) {
    rewriter.Keep(kept, match->begin);
    // The reference lets the content come from the match's last character.
    size_t last = match->end - 1;
    while (last > match->begin && IsContinuationByte(source[last])) --last;
    rewriter.Replace(content_, last, match->end);
    kept = match->end;
    match = pattern_.Next(source, kept);
  }
  rewriter.Keep(kept, source.size());
  rewriter.Finish();
}

}  // namespace vetor
