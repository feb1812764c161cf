// Replace puts a fixed string in place of every match of a pattern.
#pragma once

#include <string>
#include <utility>

#include "tokenizer/normalizer.h"
#include "tokenizer/text_pattern.h"

namespace vetor {

class Replace : public Normalizer {
 public:
  Replace(TextPattern pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}
  void Apply(AlignedText* text) const override;
  bool KeepsWordsApart() const override { return pattern_.LeavesSingleSpaces(); }

 private:
  TextPattern pattern_;
  std::string content_;
};

}  // namespace vetor
