// BertNormalizer drops control characters, puts spaces around ideographs, strips accents and
// lowercases.
#pragma once

#include <memory>
#include <vector>

#include "tokenizer/normalizer.h"

namespace vetor {

struct BertNormalizerOptions {
  bool clean_text = true;
  bool handle_chinese_chars = true;
  bool strip_accents = true;  ///< A null in the file means "as lowercase".
  bool lowercase = true;
};

class BertNormalizer : public Normalizer {
 public:
  static Result<std::unique_ptr<BertNormalizer>> Parse(const JsonNode& node);
  explicit BertNormalizer(const BertNormalizerOptions& options) : options_(options) {}

  void Apply(AlignedText* text) const override;
  bool KeepsWordsApart() const override { return true; }

  const BertNormalizerOptions& options() const { return options_; }

 private:
  BertNormalizerOptions options_;
};

}  // namespace vetor
