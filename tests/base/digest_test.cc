#include "base/digest.h"

#include <gtest/gtest.h>

#include <utility>

namespace vetor {
namespace {

// FIPS 180-2, appendix B.1.
TEST(DigestTest, Sha256OfAbc) {
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(DigestTest, FieldsDoNotRunIntoEachOther) {
  Sha256Builder a;
  a.AddField("ab");
  a.AddField("c");
  Sha256Builder b;
  b.AddField("a");
  b.AddField("bc");
  EXPECT_NE(std::move(a).Finish(), std::move(b).Finish());
}

TEST(DigestTest, ACopyContinuesFromTheSharedPrefix) {
  Sha256Builder prefix;
  prefix.AddBytes("a");
  Sha256Builder copy = prefix;
  copy.AddBytes("bc");
  EXPECT_EQ(std::move(copy).Finish(), Sha256("abc"));
  EXPECT_EQ(std::move(prefix).Finish(), Sha256("a"));
}

}  // namespace
}  // namespace vetor
