// Pre-tokenizers that look at one code point at a time (Whitespace, WhitespaceSplit, Punctuation,
// Digits, CharDelimiterSplit, FixedLength, UnicodeScripts), and Sequence.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "tokenizer/pre_tokenizer.h"
#include "tokenizer/pre_tokenizers/splitting.h"

namespace vetor {

/// Makes pieces of words (\w+), and of runs of characters that are neither in a word nor
/// whitespace.
class Whitespace : public PreTokenizer {
 public:
  void Apply(PreTokenized* pre_tokenized) const override;
  bool CutsBeforeWords() const override { return true; }
};

class WhitespaceSplit : public PreTokenizer {
 public:
  void Apply(PreTokenized* pre_tokenized) const override;
  bool CutsBeforeWords() const override { return true; }
};

class Punctuation : public PreTokenizer {
 public:
  explicit Punctuation(SplitBehavior behavior) : behavior_(behavior) {}
  void Apply(PreTokenized* pre_tokenized) const override;

 private:
  SplitBehavior behavior_;
};

class Digits : public PreTokenizer {
 public:
  explicit Digits(bool individual) : individual_(individual) {}
  void Apply(PreTokenized* pre_tokenized) const override;

 private:
  bool individual_;
};

class CharDelimiterSplit : public PreTokenizer {
 public:
  explicit CharDelimiterSplit(char32_t delimiter) : delimiter_(delimiter) {}
  void Apply(PreTokenized* pre_tokenized) const override;

 private:
  char32_t delimiter_;
};

/// Makes pieces of `length` code points.
class FixedLength : public PreTokenizer {
 public:
  explicit FixedLength(size_t length) : length_(length) {}
  void Apply(PreTokenized* pre_tokenized) const override;

 private:
  size_t length_;
};

/// Cuts where the script changes. As in the reference, text before the first character of any
/// script is dropped.
class UnicodeScripts : public PreTokenizer {
 public:
  void Apply(PreTokenized* pre_tokenized) const override;
};

class PreTokenizerSequence : public PreTokenizer {
 public:
  explicit PreTokenizerSequence(std::vector<std::unique_ptr<PreTokenizer>> parts)
      : parts_(std::move(parts)) {}
  void Apply(PreTokenized* pre_tokenized) const override;
  bool NeedsOrigins() const override;
  /// Later parts look at one piece at a time.
  bool CutsBeforeWords() const override {
    return !parts_.empty() && parts_.front()->CutsBeforeWords();
  }
  bool LeaveBytes() override { return !parts_.empty() && parts_.back()->LeaveBytes(); }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> parts_;
};

}  // namespace vetor
