#include "tokenizer/normalizers/replace.h"

#include "base/utf8.h"

namespace vetor {

void Replace::Apply(AlignedText* text) const {
  const std::string_view source = text->view();
  PatternScanner matches(pattern_, source);
  auto match = matches.Next();
  if (!match) {
    text->Fail(matches.status());
    return;
  }
  TextRewriter rewriter(text);
  size_t kept = 0;
  while (match) {
    rewriter.Keep(kept, match->begin);
    // In the reference the content comes from the match's last character.
    size_t last = match->end;
    while (last > match->begin && IsContinuationByte(source[--last])) {
    }
    rewriter.Replace(content_, last, match->end);
    kept = match->end;
    match = matches.Next();
  }
  text->Fail(matches.status());
  rewriter.Keep(kept, source.size());
  rewriter.Finish();
}

}  // namespace vetor
