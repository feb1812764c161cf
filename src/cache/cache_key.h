// From a text to its cache key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/digest.h"

namespace vetor {

/// First 128 bits of SHA-256 over schema version, vector-space fingerprint and text. SHA-256 and
/// not XXH3, because a crafted collision would hand one user the vector of another's text.
struct CacheKey {
  std::array<uint8_t, 16> bytes{};
  bool operator==(const CacheKey&) const = default;
};

/// The key is a digest already: any 8 of its bytes are a good hash.
struct CacheKeyHash {
  size_t operator()(const CacheKey& key) const {
    uint64_t head = 0;
    std::memcpy(&head, key.bytes.data(), sizeof head);
    return static_cast<size_t>(head);
  }
};

/// Makes the keys of one vector space. Immutable: any number of threads may share it.
class CacheKeyer {
 public:
  /// `fingerprint` holds whatever changes a vector: content hashes of model and tokenizer, pooling,
  /// maximum length, dimension, normalisation, precision, the user's namespace.
  explicit CacheKeyer(std::string_view fingerprint);

  /// `text` byte for byte as the model will see it, prompt included. 0.2 us for a short text.
  CacheKey Key(std::string_view text) const;

 private:
  Sha256Builder prefix_;
};

}  // namespace vetor
