// Normalizers that look at one code point at a time (Lowercase, Strip, StripAccents, Nmt, Prepend,
// ByteLevel, Sequence), and the function with which they rewrite a text.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "tokenizer/normalizer.h"

namespace vetor {

/// Where the code point lies that a rewrite looks at.
struct CodePointPlace {
  TextRewriter* rewriter;
  size_t begin;
  size_t end;

  void Keep() const { rewriter->Keep(begin, end); }
  void Replace(std::string_view bytes) const { rewriter->Replace(bytes, begin, end); }
};

/// Calls rewrite(code_point, place) for each code point. A code point that it neither keeps nor
/// replaces is dropped.
template <typename Rewrite>
void RewriteEachCodePoint(AlignedText* text, const Rewrite& rewrite) {
  TextRewriter rewriter(text);
  const std::string_view source = text->view();
  for (size_t at = 0; at < source.size();) {
    const size_t begin = at;
    const char32_t c = DecodeUtf8(source, &at);
    rewrite(c, CodePointPlace{&rewriter, begin, at});
  }
  rewriter.Finish();
}

/// Lowercases each code point on its own: there is no final sigma and no locale.
void LowercaseText(AlignedText* text);

class Lowercase : public Normalizer {
 public:
  void Apply(AlignedText* text) const override { LowercaseText(text); }
  bool KeepsWordsApart() const override { return true; }
};

/// Removes whitespace at the ends.
class Strip : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}
  void Apply(AlignedText* text) const override;

 private:
  bool left_;
  bool right_;
};

/// Removes marks (M*) without decomposing the text first.
class StripAccents : public Normalizer {
 public:
  void Apply(AlignedText* text) const override;
  bool KeepsWordsApart() const override { return true; }
};

/// Removes some control characters and turns others, and odd spaces, into a space.
class Nmt : public Normalizer {
 public:
  void Apply(AlignedText* text) const override;
  bool KeepsWordsApart() const override { return true; }
};

/// Puts a string before a text that is not empty.
class Prepend : public Normalizer {
 public:
  explicit Prepend(std::string prefix) : prefix_(std::move(prefix)) {}
  void Apply(AlignedText* text) const override;

 private:
  std::string prefix_;
};

/// Writes each byte as a printable character.
class ByteLevelNormalizer : public Normalizer {
 public:
  void Apply(AlignedText* text) const override;
};

class NormalizerSequence : public Normalizer {
 public:
  explicit NormalizerSequence(std::vector<std::unique_ptr<Normalizer>> parts)
      : parts_(std::move(parts)) {}
  void Apply(AlignedText* text) const override {
    for (const auto& part : parts_) part->Apply(text);
  }
  bool KeepsWordsApart() const override {
    return std::all_of(parts_.begin(), parts_.end(),
                       [](const auto& part) { return part->KeepsWordsApart(); });
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> parts_;
};

}  // namespace vetor
