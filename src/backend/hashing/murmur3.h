// MurmurHash3_x86_32 with seed 0 (Austin Appleby, public domain), split so that a hash of a longer
// key can go on from the blocks of its beginning.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace vetor {

inline constexpr size_t kMurmurBlock = 4;

inline uint32_t MurmurScramble(uint32_t k) { return std::rotl(k * 0xCC9E2D51U, 15) * 0x1B873593U; }

/// Mixes `blocks` blocks of 4 bytes, little-endian, into `state`, which starts at the seed, 0.
inline uint32_t MurmurBlocks(uint32_t state, const char* bytes, size_t blocks) {
  for (size_t i = 0; i < blocks; ++i) {
    uint32_t k = 0;
    std::memcpy(&k, bytes + i * kMurmurBlock, kMurmurBlock);
    if constexpr (std::endian::native == std::endian::big) k = __builtin_bswap32(k);
    state = std::rotl(state ^ MurmurScramble(k), 13) * 5 + 0xE6546B64U;
  }
  return state;
}

/// The hash of a key of `size` bytes, of which the last size % 4 are at `tail` and all before are
/// in `state`. Signed, as scikit-learn's murmurhash3_bytes_s32.
inline int32_t MurmurFinish(uint32_t state, const char* tail, size_t size) {
  uint32_t k = 0;
  const auto byte = [&](size_t i) -> uint32_t { return static_cast<unsigned char>(tail[i]); };
  switch (size % kMurmurBlock) {
    case 3:
      k = byte(2) << 16;
      [[fallthrough]];
    case 2:
      k |= byte(1) << 8;
      [[fallthrough]];
    case 1:
      k |= byte(0);
      break;
    default:
      break;
  }
  state ^= MurmurScramble(k);
  state ^= static_cast<uint32_t>(size);
  state = (state ^ state >> 16) * 0x85EBCA6BU;
  state = (state ^ state >> 13) * 0xC2B2AE35U;
  return static_cast<int32_t>(state ^ state >> 16);
}

}  // namespace vetor
