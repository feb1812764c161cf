#include "backend/hashing/murmur3.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace vetor {
namespace {

int32_t Hash(std::string_view key) {
  const size_t blocks = key.size() / kMurmurBlock;
  return MurmurFinish(MurmurBlocks(0, key.data(), blocks), key.data() + blocks * kMurmurBlock,
                      key.size());
}

// sklearn.utils.murmurhash3_32(key, seed=0), scikit-learn 1.9.1.
TEST(Murmur3, EveryTailLength) {
  EXPECT_EQ(Hash(""), 0);
  EXPECT_EQ(Hash("a"), 1009084850);
  EXPECT_EQ(Hash("gp"), -408680188);
  EXPECT_EQ(Hash("mo\xC3\xA7"), 829186985);
  EXPECT_EQ(Hash("prix"), 377263828);
  EXPECT_EQ(Hash("s\xC3\xA3o paulo"), -1363638503);
  EXPECT_EQ(Hash("grande pr\xC3\xAAmio"), -491313281);
}

// The only reason for the split: going on from the first key's blocks.
TEST(Murmur3, APairGoesOnFromItsFirstWord) {
  const std::string key = "monza autodromo";
  for (size_t first = 0; first <= key.size(); ++first) {
    const size_t done = first / kMurmurBlock;
    const uint32_t state = MurmurBlocks(0, key.data(), done);
    const size_t all = key.size() / kMurmurBlock;
    const uint32_t whole = MurmurBlocks(state, key.data() + done * kMurmurBlock, all - done);
    EXPECT_EQ(MurmurFinish(whole, key.data() + all * kMurmurBlock, key.size()), Hash(key));
  }
}

}  // namespace
}  // namespace vetor
