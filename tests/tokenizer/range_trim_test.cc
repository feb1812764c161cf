#include "tokenizer/range_trim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vetor {
namespace {

using ::testing::ElementsAre;

// The places of tokens that are spelled `tokens` and follow each other in `text`.
std::vector<std::string> Trimmed(const std::string& text, const std::vector<std::string>& tokens,
                                 const std::vector<TokenOffsets>& places) {
  Encoding encoding;
  encoding.offsets = places;
  for (size_t i = 0; i < tokens.size(); ++i) encoding.ids.push_back(static_cast<int64_t>(i));
  TrimRanges(
      {.add_prefix_space = false}, text,
      [&](int64_t id, TokenOffsets) -> std::string_view { return tokens[static_cast<size_t>(id)]; },
      &encoding);
  std::vector<std::string> trimmed;
  for (const TokenOffsets& range : encoding.offsets) {
    trimmed.push_back(text.substr(range.begin, range.end - range.begin));
  }
  return trimmed;
}

TEST(RangeTrimTest, SpacesOfATokenDoNotBelongToItsPlace) {
  EXPECT_THAT(Trimmed(" a b ",
                      {"\xC4\xA0"
                       "a",
                       "\xC4\xA0"
                       "b\xC4\xA0"},
                      {{0, 2}, {2, 5}}),
              ElementsAre("a", "b"));
}

// The fuzzer of compiled tokenizers found it: such a token was decoded beyond the last code point.
TEST(RangeTrimTest, ATokenOfInvalidUtf8KeepsItsPlace) {
  for (const char* token : {"\xFF\xFF\xFF\xFF", "\xF8\x88\x80\x80", " \xC3", "\xE4\xB8", "\x80"}) {
    EXPECT_THAT(Trimmed(" ab ", {token}, {{0, 4}}), ElementsAre(" ab ")) << token;
  }
}

}  // namespace
}  // namespace vetor
