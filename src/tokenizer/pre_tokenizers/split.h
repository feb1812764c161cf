// Split cuts at the matches of a pattern.
#pragma once

#include <memory>
#include <utility>

#include "tokenizer/pre_tokenizer.h"
#include "tokenizer/pre_tokenizers/splitting.h"
#include "tokenizer/text_pattern.h"

namespace vetor {

class Split : public PreTokenizer {
 public:
  static Result<std::unique_ptr<Split>> Parse(const JsonNode& node);
  Split(TextPattern pattern, SplitBehavior behavior, bool invert)
      : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}

  void Apply(PreTokenized* pre_tokenized) const override;
  bool CutsBeforeWords() const override {
    return behavior_ == SplitBehavior::kIsolated && pattern_.CutsBeforeWords();
  }

 private:
  TextPattern pattern_;
  SplitBehavior behavior_;
  bool invert_;  // true if the text between matches is the delimiter
};

}  // namespace vetor
