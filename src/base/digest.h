// Checksums and identities: XXH3 if speed matters and no attack is possible (values, files),
// SHA-256 if a crafted collision would do harm (cache keys, downloads).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace vetor {

uint64_t Xxh3(std::string_view bytes);

using Sha256Digest = std::array<uint8_t, 32>;
Sha256Digest Sha256(std::string_view bytes);

/// SHA-256 over parts; each Add of a field is length-prefixed, so ("ab","c") != ("a","bc").
class Sha256Builder {
 public:
  Sha256Builder();
  ~Sha256Builder();
  Sha256Builder(Sha256Builder&&) noexcept;
  Sha256Builder(const Sha256Builder& other);  ///< Continues from the same state: a shared prefix.
  Sha256Builder& operator=(const Sha256Builder&) = delete;

  void AddBytes(std::string_view bytes);  ///< Adds the bytes without a length.
  void AddField(std::string_view bytes);  ///< 8-byte little-endian length, then the bytes.
  Sha256Digest Finish() &&;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Lower-case hexadecimal.
std::string Hex(std::string_view bytes);
std::string Hex(const Sha256Digest& digest);

}  // namespace vetor
