// Decoders of one small change each, and their sequence.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tokenizer/decoder.h"
#include "tokenizer/text_pattern.h"

namespace vetor {

/// A space in place of `replacement` (U+2581). If the pre-tokenizer prepends it, those of the first
/// token go without one.
class MetaspaceDecoder : public Decoder {
 public:
  MetaspaceDecoder(std::string replacement, bool prepends)
      : replacement_(std::move(replacement)), prepends_(prepends) {}
  Status Apply(DecodedParts* parts) const override;

 private:
  std::string replacement_;
  bool prepends_;
};

/// Makes one string of all.
class FuseDecoder : public Decoder {
 public:
  Status Apply(DecodedParts* parts) const override;
};

/// Takes `content`, one character, from both ends of each string, at most so many times. (Where
/// both ends meet, tokenizers 0.23.3 ends with a panic; its later versions leave nothing, as this
/// does.)
class StripDecoder : public Decoder {
 public:
  StripDecoder(std::string content, size_t start, size_t stop)
      : content_(std::move(content)), start_(start), stop_(stop) {}
  Status Apply(DecodedParts* parts) const override;

 private:
  std::string content_;
  size_t start_;
  size_t stop_;
};

/// Puts `content` in place of each match in each string. Groups ("$1") are not filled in.
class ReplaceDecoder : public Decoder {
 public:
  ReplaceDecoder(TextPattern pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}
  Status Apply(DecodedParts* parts) const override;

 private:
  Status Replace(const std::string& text, size_t room, std::string* replaced) const;

  TextPattern pattern_;
  std::string content_;
};

/// One decoder after the other.
class DecoderSequence : public Decoder {
 public:
  explicit DecoderSequence(std::vector<std::unique_ptr<Decoder>> steps)
      : steps_(std::move(steps)) {}
  Status Apply(DecodedParts* parts) const override;

 private:
  std::vector<std::unique_ptr<Decoder>> steps_;
};

}  // namespace vetor
