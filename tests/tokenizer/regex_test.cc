// Tests the engine for regular expressions by itself: what it refuses, its bound, and that it
// agrees with the hand-written matchers. regex_answers_test.cc compares it with the reference.
#include "tokenizer/regex/regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tokenizer/nasty_strings.h"
#include "tests/tokenizer/test_files.h"
#include "tokenizer/known_regex.h"

namespace vetor {
namespace {

using testing::HasSubstr;

std::string Matches(const regex::Regex& regex, std::string_view text) {
  std::string matches;
  regex::Scanner scanner(regex, text);
  while (const auto match = scanner.Next()) {
    matches += std::to_string(match->begin) + "-" + std::to_string(match->end) + " ";
  }
  EXPECT_TRUE(scanner.status().ok()) << scanner.status().ToString();
  return matches;
}

std::string Matches(const KnownRegex& regex, std::string_view text) {
  std::string matches;
  size_t at = 0;
  while (const auto match = regex.Next(text, at)) {
    matches += std::to_string(match->begin) + "-" + std::to_string(match->end) + " ";
    at = match->end;
  }
  return matches;
}

class KnownRegexTest : public testing::TestWithParam<std::string_view> {};

TEST_P(KnownRegexTest, EngineAndMatcherByHandAgree) {
  const auto known = KnownRegex::Find(GetParam());
  const auto regex = regex::Regex::Compile(GetParam());
  ASSERT_TRUE(known.has_value());
  ASSERT_TRUE(regex.ok()) << regex.status().ToString();
  const NastyStrings nasty;
  const NastyStrings dense("regex/sets.txt");
  for (uint64_t i = 0; i < 20000; ++i) {
    const std::string text = i % 2 == 0 ? nasty.Make(7, i) : dense.Make(7, i) + dense.Make(8, i);
    ASSERT_EQ(Matches(*regex, text), Matches(*known, text)) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(All, KnownRegexTest, testing::ValuesIn(KnownRegex::Patterns()));

// The places are those of tokenizers 0.23.3: inside a class, superscript digits and fractions are
// not word characters.
TEST(RegexTest, AWordInAClassIsOfUnicodesListAlone) {
  const auto matches = [](const char* pattern) {
    const auto regex = regex::Regex::Compile(pattern);
    EXPECT_TRUE(regex.ok()) << regex.status().ToString();
    return Matches(*regex,
                   "a\xC2\xB2"
                   "b\xC2\xBD"
                   "c");
  };
  EXPECT_EQ(matches("\\w+"), "0-7 ");
  EXPECT_EQ(matches("[\\w]+"), "0-1 3-4 6-7 ");
  EXPECT_EQ(matches("[\\W]+"), "1-3 4-6 ");
  EXPECT_EQ(matches("[^\\w]+"), "1-3 4-6 ");
}

// Each quantifier wraps the one before, and the code that walks over them uses the stack.
TEST(RegexTest, QuantifiersInARowAreBounded) {
  for (const char* quantifier : {"+", "?", "*?", "{2}", "+?"}) {
    std::string pattern = "a";
    for (int i = 0; i < 100'000; ++i) pattern += quantifier;
    const auto regex = regex::Regex::Compile(pattern);
    EXPECT_EQ(regex.status().code(), StatusCode::kUnimplemented);
    EXPECT_THAT(regex.status().message(), HasSubstr("so many quantifiers in a row"));
  }
}

TEST(RegexTest, RefusesWhatItDoesNotKnow) {
  for (const char* pattern : {"(a",
                              "a)",
                              "[a",
                              "[]a]",
                              "[a-",
                              "[a-\\d]",
                              "[z-a]",
                              "[[:alpha:]]",
                              "[a&&]",
                              "*a",
                              "a|*",
                              "^*",
                              "(?=a)+",
                              "a{",
                              "a{x}",
                              "a{3,2}",
                              "(?:a*)*",
                              "(a|b?)+",
                              "(?x:a)",
                              "(?m:.)",
                              "a(?i)b",
                              "(?<n>a)",
                              "(a)\\1",
                              "\\Ga",
                              "\\X",
                              "\\R",
                              "a\\K",
                              "\\y",
                              "\\pL",
                              "\\p{Nope}",
                              "\\p{Script=Han}",
                              "\\xE9",
                              "\\x{110000}",
                              "\\x{D800}",
                              "\\u00",
                              "\\",
                              "\\0",
                              "\\cA",
                              "(?<=a+)b",
                              "(?i:\xC3\xA9)",
                              "(?i:[\\p{L}])",
                              "(?i:ss)",
                              "(?i:s{2})",
                              "(?i:first)",
                              "(?(1)a)",
                              "(?~a)",
                              "(?#a)"}) {
    const auto regex = regex::Regex::Compile(pattern);
    EXPECT_EQ(regex.status().code(), StatusCode::kUnimplemented) << pattern;
  }
}

TEST(RegexTest, RefusesDeepAndHugePatterns) {
  const std::string open(100000, '(');
  const std::string classes(100000, '[');
  std::string nested = "a";
  for (int i = 0; i < 20; ++i) nested = "(?:" + nested + "b){9}";
  for (const std::string& pattern : {open, classes, nested}) {
    EXPECT_EQ(regex::Regex::Compile(pattern).status().code(), StatusCode::kUnimplemented);
  }
}

// Trying a run of one class from each of its places costs no more than trying it once.
TEST(RegexTest, LongRunsTakeLinearTime) {
  const std::string spaces(1 << 20, ' ');
  for (const char* pattern : {" +\xE2\x96\x81", "\\s+$|x", "\\s+(?!\\S)|\\s*\\n|x", "\\s*[\\r\\n]+",
                              "(?: | )+x", "(\\s{1,3})+x", "\\s*?x"}) {
    const auto regex = regex::Regex::Compile(pattern);
    ASSERT_TRUE(regex.ok()) << pattern;
    const std::string text = spaces + "y";
    regex::Scanner scanner(*regex, text);
    while (scanner.Next()) {
    }
    EXPECT_TRUE(scanner.status().ok()) << pattern;
  }
}

// A pattern that can take each of its characters in very many ways is as fast as one with a single
// way.
TEST(RegexTest, NestedRepeatsTakeLinearTime) {
  const std::string text(20000, 'a');
  for (const char* pattern : {"(?:a|aa)+b", "(?:aa?)*b", "(a+b?)+c", "(?=(?:a|aa)+b)"}) {
    const auto regex = regex::Regex::Compile(pattern);
    ASSERT_TRUE(regex.ok()) << pattern;
    EXPECT_EQ(Matches(*regex, text), "") << pattern;
  }
}

// At each place, the lookahead goes to the end of the text.
constexpr char kSlow[] = "(?:(?=(?:aa?)*c).)+d";
std::string SlowText() { return std::string(8000, 'a') + "c"; }

TEST(RegexTest, BoundEndsWhatWouldTakeForever) {
  const auto regex = regex::Regex::Compile(kSlow);
  ASSERT_TRUE(regex.ok());
  const std::string text = SlowText();
  regex::Scanner scanner(*regex, text);
  EXPECT_FALSE(scanner.Next().has_value());
  EXPECT_EQ(scanner.status().code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(scanner.status().message(), HasSubstr(kSlow));
  EXPECT_THAT(scanner.status().message(), HasSubstr("5000 steps"));
  EXPECT_FALSE(scanner.Next().has_value());
}

// The error reaches the caller of a tokenizer from Split and from Replace, and the next text is
// tokenized as usual.
TEST(RegexTest, BoundReachesTheCaller) {
  const std::string pattern = std::string(R"("pattern":{"Regex":")") + kSlow + R"("},)";
  const std::string split =
      R"("pre_tokenizer":{"type":"Split",)" + pattern + R"("behavior":"Isolated","invert":false})";
  const std::string replace = R"("normalizer":{"type":"Replace",)" + pattern + R"("content":"c"})";
  for (const std::string& part : {split, replace}) {
    const auto tokenizer = Tokenizer::Parse(
        "{" + part +
            R"(,"model":{"type":"BPE","unk_token":"b","vocab":{"a":0,"b":1,"c":2},"merges":[]}})",
        "file.json");
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
    TokenSequence tokens;
    const Status status = (*tokenizer)->Encode(SlowText(), {}, &tokens);
    EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
    EXPECT_THAT(status.message(), HasSubstr(kSlow));
    EXPECT_EQ((*tokenizer)->EncodeWindows(SlowText(), std::nullopt, {}).status().code(),
              StatusCode::kResourceExhausted);
    EXPECT_EQ(Ids(**tokenizer, "aca").size(), 3U);
  }
}

}  // namespace
}  // namespace vetor
