// ByteLevel: GPT-2's cut into words, each byte of them written as a printable character.
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

 private:
  void AddPrefixSpaces(PreTokenized* pre_tokenized) const;
  void WriteBytes(PreTokenized* pre_tokenized) const;

  bool add_prefix_space_;
  bool use_regex_;
};

}  // namespace vetor
