// The normalizers NFC, NFD, NFKC and NFKD.
#pragma once

#include "tokenizer/normalizer.h"
#include "tokenizer/unicode/normalization_forms.h"

namespace vetor {

/// Normalizes only the runs that are not in the form yet. ASCII costs one look per byte.
void NormalizeText(unicode::NormalizationForm form, AlignedText* text);

class UnicodeNormalizer : public Normalizer {
 public:
  explicit UnicodeNormalizer(unicode::NormalizationForm form) : form_(form) {}
  void Apply(AlignedText* text) const override { NormalizeText(form_, text); }
  bool KeepsWordsApart() const override { return true; }

 private:
  unicode::NormalizationForm form_;
};

}  // namespace vetor
