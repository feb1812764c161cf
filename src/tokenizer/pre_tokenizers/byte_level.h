// ByteLevel cuts as GPT-2 does into words, and writes each of their bytes as a printable character.
#pragma once

#include <memory>

#include "tokenizer/pre_tokenizer.h"

namespace vetor {

class ByteLevel : public PreTokenizer {
 public:
  static Result<std::unique_ptr<ByteLevel>> Parse(const JsonNode& node);
  ByteLevel(bool add_prefix_space, bool use_regex)
      : add_prefix_space_(add_prefix_space), use_regex_(use_regex) {}

  void Apply(PreTokenized* pre_tokenized) const override;
  bool CutsBeforeWords() const override { return use_regex_; }
  bool LeaveBytes() override {
    writes_forms_ = false;
    return true;
  }

 private:
  void AddPrefixSpaces(PreTokenized* pre_tokenized) const;
  void WriteForms(PreTokenized* pre_tokenized) const;

  bool add_prefix_space_;
  bool use_regex_;
  bool writes_forms_ = true;
};

}  // namespace vetor
