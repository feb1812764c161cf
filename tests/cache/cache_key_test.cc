#include "cache/cache_key.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace vetor {
namespace {

std::string KeyHex(const CacheKeyer& keyer, std::string_view text) {
  const CacheKey key = keyer.Key(text);
  return Hex({reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()});
}

// The bytes that are hashed are a file format, because entries on disk are found by them. The value
// is sha256(len||"vetor cache key 1" || len||"model-a" || len||text), computed with Python's
// hashlib.
TEST(CacheKeyTest, IsTheDocumentedDigest) {
  EXPECT_EQ(KeyHex(CacheKeyer("model-a"), "GP de São Paulo"), "b0d4b9d44bc82d229666eb976862f795");
}

TEST(CacheKeyTest, Row31AnotherVectorSpaceHasOtherKeys) {
  const std::string text = "Brazilian Grand Prix";
  std::set<std::string> keys;
  for (const char* fingerprint : {"", "model-a", "model-b", "model-a fp32 dim 384",
                                  "model-a int8 dim 384", "model-a fp32 dim 256", "hashing-256"}) {
    EXPECT_TRUE(keys.insert(KeyHex(CacheKeyer(fingerprint), text)).second) << fingerprint;
  }
}

TEST(CacheKeyTest, FingerprintAndTextDoNotRunIntoEachOther) {
  EXPECT_NE(CacheKeyer("ab").Key("c"), CacheKeyer("a").Key("bc"));
  EXPECT_NE(CacheKeyer("ab").Key(""), CacheKeyer("a").Key("b"));
}

TEST(CacheKeyTest, EveryByteOfTheTextCounts) {
  const CacheKeyer keyer("m");
  EXPECT_NE(keyer.Key("a"), keyer.Key("A"));
  EXPECT_NE(keyer.Key("a"), keyer.Key("a "));
  EXPECT_NE(keyer.Key(std::string("a\0", 2)), keyer.Key("a"));
  EXPECT_EQ(keyer.Key("a"), CacheKeyer("m").Key("a"));
}

}  // namespace
}  // namespace vetor
