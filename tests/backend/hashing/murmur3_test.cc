#include "backend/hashing/murmur3.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace vetor {
namespace {

uint32_t Blocks(uint32_t state, std::string_view key, size_t from) {
  for (size_t i = from; i + kMurmurBlock <= key.size(); i += kMurmurBlock) {
    state = MurmurMix(state, LoadBlock(key.data() + i));
  }
  return state;
}

int32_t Hash(std::string_view key) {
  const std::string padded = "1234" + std::string(key);  // The bytes before a tail may be read.
  const uint32_t tail = LoadTail(padded.data() + padded.size(), key.size() % kMurmurBlock);
  return MurmurFinish(Blocks(0, key, 0), tail, key.size());
}

// The answers of sklearn.utils.murmurhash3_32(key, seed=0), scikit-learn 1.9.1.
TEST(Murmur3, EveryTailLength) {
  EXPECT_EQ(Hash(""), 0);
  EXPECT_EQ(Hash("a"), 1009084850);
  EXPECT_EQ(Hash("gp"), -408680188);
  EXPECT_EQ(Hash("mo\xC3\xA7"), 829186985);
  EXPECT_EQ(Hash("prix"), 377263828);
  EXPECT_EQ(Hash("s\xC3\xA3o paulo"), -1363638503);
  EXPECT_EQ(Hash("grande pr\xC3\xAAmio"), -491313281);
}

TEST(Murmur3, TailsAreTheLastBytes) {
  const std::string bytes = "abcd";
  EXPECT_EQ(LoadTail(bytes.data() + 4, 0), 0U);
  EXPECT_EQ(LoadTail(bytes.data() + 4, 1), 0x64U);
  EXPECT_EQ(LoadTail(bytes.data() + 4, 3), 0x646362U);
}

}  // namespace
}  // namespace vetor
