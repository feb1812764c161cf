#include "backend/hashing/word_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Words(WordReader* reader, std::string_view text) {
  std::vector<std::string> words;
  reader->Start(text);
  while (reader->Next()) {
    for (const Word& word : reader->words()) words.emplace_back(word.begin, word.size);
  }
  return words;
}

std::vector<std::string> Words(std::string_view text) {
  WordReader reader;
  return Words(&reader, text);
}

TEST(WordReader, RunsOfTwoOrMoreWordCharactersInLowerCase) {
  EXPECT_THAT(Words("Formula 1: GP de São_Paulo, a B c2"),
              ElementsAre("formula", "gp", "de", "são_paulo", "c2"));
  EXPECT_THAT(Words(""), IsEmpty());
  EXPECT_THAT(Words("a b \n c"), IsEmpty());
  EXPECT_THAT(Words("ÀÉ é éé"), ElementsAre("àé", "éé"));
  EXPECT_THAT(Words("日本 鈴"), ElementsAre("日本"));
  EXPECT_THAT(Words("𝐀𝐁 𐐀𐐁"), ElementsAre("𝐀𝐁", "𐐨𐐩"));
}

TEST(WordReader, CombiningMarksEndAWord) {
  EXPECT_THAT(Words("ae\u0301io"), ElementsAre("ae", "io"));
  EXPECT_THAT(Words("A\u0130B A\u0130BC"), ElementsAre("ai", "ai", "bc"));
}

TEST(WordReader, SigmaIsFinalAtTheEndOfAWord) {
  EXPECT_THAT(Words("ΟΔΥΣΣΕΥΣ ΣΑΣ ΣΣ"), ElementsAre("οδυσσευς", "σας", "σς"));
  // The apostrophe does not count, but the letter after it does.
  EXPECT_THAT(Words("ΑΣ' ΑΣ'Α ΒΑΣ.ΒΒ"), ElementsAre("ας", "ασ", "βασ", "ββ"));
  EXPECT_THAT(Words("1Σ Σ1Σ"), ElementsAre("1σ", "σ1σ"));
}

TEST(WordReader, ALongWordFollowsAnother) {
  WordReader reader;
  for (const size_t letters : {1U, 2U, 200U, 255U, 256U, 257U, 70000U}) {
    for (const std::string letter : {"A", "É", "Ⱥ", "字", "𐐀"}) {
      std::string text;
      for (size_t i = 0; i < letters; ++i) text += letter;
      // Ⱥ grows from two bytes to three in lower case.
      const size_t bytes = letter == "Ⱥ" ? 3 : letter.size();
      const std::vector<std::string> words = Words(&reader, text + "a b cd");
      ASSERT_EQ(words.size(), 2U) << letter << " " << letters;
      EXPECT_EQ(words[0].size(), letters * bytes + 1);
      EXPECT_EQ(words[1], "cd");
    }
  }
}

// Letters of mixed widths stand around every buffer size, so that the reader asks for room at each
// offset.
TEST(WordReader, GrowsAtEveryOffset) {
  for (size_t ascii = 200; ascii < 300; ++ascii) {
    WordReader reader;
    const std::string word = std::string(ascii, 'a') + "𐐨" + std::string(600, 'b');
    EXPECT_THAT(Words(&reader, word), ElementsAre(word));
  }
}

}  // namespace
}  // namespace vetor
