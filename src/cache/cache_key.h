// Computes the cache key of a text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/digest.h"

namespace vetor {

/// The first 128 bits of a SHA-256 over schema version, vector-space fingerprint and text. It is
/// not XXH3, because a crafted collision would give one user the vector of another user's text.
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
  /// `fingerprint` must cover whatever changes a vector: content hashes of model and tokenizer,
  /// pooling, maximum length, dimension, normalisation, precision, the user's namespace.
  explicit CacheKeyer(std::string_view fingerprint);

  /// `text` is what the model will see, byte for byte, prompt included. A short text takes 0.2 us.
  CacheKey Key(std::string_view text) const;

 private:
  Sha256Builder prefix_;
};

}  // namespace vetor
