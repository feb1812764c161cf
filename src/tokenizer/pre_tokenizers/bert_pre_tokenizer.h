// BertPreTokenizer: whitespace separates, punctuation stands alone.
#pragma once

#include "tokenizer/pre_tokenizer.h"

namespace vetor {

class BertPreTokenizer : public PreTokenizer {
 public:
  void Apply(PreTokenized* pre_tokenized) const override;
  bool CutsBeforeWords() const override { return true; }
};

}  // namespace vetor
