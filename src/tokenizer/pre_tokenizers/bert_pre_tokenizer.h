// BertPreTokenizer cuts at whitespace, and makes each punctuation character a piece of its own.
#pragma once

#include "tokenizer/pre_tokenizer.h"

namespace vetor {

class BertPreTokenizer : public PreTokenizer {
 public:
  void Apply(PreTokenized* pre_tokenized) const override;
  bool CutsBeforeWords() const override { return true; }
};

}  // namespace vetor
