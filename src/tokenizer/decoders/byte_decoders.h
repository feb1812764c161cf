// Decoders of tokens that stand for bytes.
#pragma once

#include "tokenizer/decoder.h"

namespace vetor {

/// Reads GPT-2's alphabet (byte_level_alphabet.h) and makes one string of all tokens. A token with
/// a character that is not in the alphabet, such as an added one, stands for its own bytes. What is
/// not UTF-8 becomes U+FFFD, one for each maximal part.
class ByteLevelDecoder : public Decoder {
 public:
  Status Apply(DecodedParts* parts) const override;
};

/// Puts a string in place of each run of "<0x41>". If the bytes of a run are not UTF-8, each of
/// them becomes U+FFFD.
class ByteFallbackDecoder : public Decoder {
 public:
  Status Apply(DecodedParts* parts) const override;
};

}  // namespace vetor
