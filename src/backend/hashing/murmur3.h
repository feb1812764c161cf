// MurmurHash3_x86_32 with seed 0 (Austin Appleby, public domain) in its three steps, so that the
// hash of a longer key can continue from the blocks of its beginning.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace vetor {

inline constexpr size_t kMurmurBlock = 4;

/// Four bytes, little-endian.
inline uint32_t LoadBlock(const char* bytes) {
  uint32_t block = 0;
  std::memcpy(&block, bytes, kMurmurBlock);
  if constexpr (std::endian::native == std::endian::big) block = __builtin_bswap32(block);
  return block;
}

/// The last `count` (0 to 3) of the bytes before `end`, little-endian, without a branch.
/// REQUIRES: 4 readable bytes before `end`.
inline uint32_t LoadTail(const char* end, size_t count) {
  const uint64_t last = LoadBlock(end - kMurmurBlock);
  return static_cast<uint32_t>(last >> 8 * (kMurmurBlock - count));
}

inline uint32_t MurmurScramble(uint32_t k) { return std::rotl(k * 0xCC9E2D51U, 15) * 0x1B873593U; }

/// Mixes a whole block into `state`, which starts at the seed, 0.
inline uint32_t MurmurMix(uint32_t state, uint32_t block) {
  return std::rotl(state ^ MurmurScramble(block), 13) * 5 + 0xE6546B64U;
}

/// The hash of a key of `size` bytes, whose whole blocks are in `state` and whose other bytes are
/// `tail`. Signed, as scikit-learn's murmurhash3_bytes_s32.
inline int32_t MurmurFinish(uint32_t state, uint32_t tail, size_t size) {
  state ^= MurmurScramble(tail);
  state ^= static_cast<uint32_t>(size);
  state = (state ^ state >> 16) * 0x85EBCA6BU;
  state = (state ^ state >> 13) * 0xC2B2AE35U;
  return static_cast<int32_t>(state ^ state >> 16);
}

}  // namespace vetor
