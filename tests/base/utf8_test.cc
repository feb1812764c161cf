#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace vetor {
namespace {

TEST(Utf8Test, EveryScalarValueRoundTripsAndIsValid) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    AppendUtf8(c, &text);
    ASSERT_EQ(FindInvalidUtf8(text), kValidUtf8) << std::hex << static_cast<uint32_t>(c);
    size_t offset = 0;
    ASSERT_EQ(DecodeUtf8(text, &offset), c);
    ASSERT_EQ(offset, text.size());
    ASSERT_EQ(ReplaceInvalidUtf8(text), text);
  }
}

struct Replacement {
  std::string bytes;
  size_t first_bad;
  std::string replaced;
};

TEST(Utf8Test, InvalidFormsAreFoundAndReplacedAsMaximalSubparts) {
  const std::string r = "\xEF\xBF\xBD";
  // Unicode 15, tables 3-8 to 3-11, and the forms in tests/data/packed, hostile.
  const Replacement cases[] = {
      {"\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41", 0, r + r + r + r + r + r + r + r + "A"},
      {"\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41", 0, r + r + r + r + r + r + r + r + "A"},
      {"\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42", 0, r + r + r + r + r + "A" + r + r + "B"},
      {"\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41", 0, r + r + r + r + "A"},
      {"abcdefgh\xC3", 8, "abcdefgh" + r},
      {"ol\xE1", 2, "ol" + r},
      {"\xF8\x88\x80\x80\x80", 0, r + r + r + r + r},
  };
  for (const Replacement& c : cases) {
    EXPECT_EQ(FindInvalidUtf8(c.bytes), c.first_bad);
    EXPECT_EQ(ReplaceInvalidUtf8(c.bytes), c.replaced);
  }
}

TEST(Utf8Test, NulIsAnOrdinaryCharacter) {
  const std::string text("a\0b", 3);
  EXPECT_EQ(FindInvalidUtf8(text), kValidUtf8);
  EXPECT_EQ(ReplaceInvalidUtf8(text), text);
}

}  // namespace
}  // namespace vetor
