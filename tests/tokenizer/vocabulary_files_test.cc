// A vocab.txt or a SentencePiece model gives the same ids as the tokenizer.json that stands for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>

#include "tests/support/temporary_folder.h"
#include "tests/tokenizer/test_files.h"

namespace vetor {
namespace {

class VocabularyFolders : public testing::Test {
 protected:
  std::filesystem::path WriteFile(const std::string& folder, const std::string& name,
                                  const std::string& content) const {
    return folder_.Write(folder + "/" + name, content);
  }

 private:
  const TemporaryFolder folder_;
};

class SentencePieceModelTest : public VocabularyFolders {};
class VocabTxtTest : public VocabularyFolders {};

constexpr char kVocab[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\n##s\nS\xC3\xA3o\nsao\n,\n";

TEST_F(VocabTxtTest, IdsAreLineNumbersAndTheRestIsBerts) {
  const auto tokenizer = Tokenizer::Load(WriteFile("vocab_plain", "vocab.txt", kVocab));
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  EXPECT_EQ(Ids(**tokenizer, "Hellos, S\xC3\xA3o [MASK] x"),
            (std::vector<int64_t>{2, 5, 6, 9, 8, 4, 1, 3}));
}

TEST_F(VocabTxtTest, TokenizerConfigSaysWhetherToLowercase) {
  WriteFile("vocab_cased", "tokenizer_config.json", R"({"do_lower_case": false})");
  const auto tokenizer = Tokenizer::Load(WriteFile("vocab_cased", "vocab.txt", kVocab));
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  EXPECT_EQ(Ids(**tokenizer, "Hello S\xC3\xA3o"), (std::vector<int64_t>{2, 1, 7, 3}));
}

// Guards against dropping a model folder's lowercasing for tokenizers without a JSON file.
TEST_F(VocabTxtTest, LoadOptionsLowercaseHereToo) {
  WriteFile("vocab_lower", "tokenizer_config.json", R"({"do_lower_case": false})");
  const auto path = WriteFile("vocab_lower", "vocab.txt", kVocab);
  const auto tokenizer = Tokenizer::Load(path, {.do_lower_case = true});
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  EXPECT_EQ(Ids(**tokenizer, "HELLO [MASK]"), (std::vector<int64_t>{2, 5, 4, 3}));
}

// Guards against an exception that ended the process: for a link that leads to itself, the file
// system cannot say whether it exists.
TEST_F(VocabTxtTest, ATokenizerConfigThatCannotBeReadIsAnError) {
  const std::filesystem::path vocab = WriteFile("vocab_loop", "vocab.txt", kVocab);
  const std::filesystem::path config = vocab.parent_path() / "tokenizer_config.json";
  std::filesystem::remove(config);
  std::filesystem::create_symlink(config.filename(), config);
  const auto tokenizer = Tokenizer::Load(vocab);
  ASSERT_FALSE(tokenizer.ok());
  EXPECT_THAT(tokenizer.status().ToString(), testing::HasSubstr("tokenizer_config.json"));
  std::filesystem::remove(config);
  EXPECT_TRUE(Tokenizer::Load(vocab).ok()) << "without one there are defaults";
}

TEST_F(VocabTxtTest, RefusesAFileThatIsNotABertVocabulary) {
  const auto tokenizer = Tokenizer::Load(WriteFile("vocab_bad", "vocab.txt", "a\nb\n"));
  EXPECT_THAT(tokenizer.status().message(),
              testing::HasSubstr("expected a line with the unk_token \"[UNK]\" of a BertTokenizer, "
                                 "found 2 other tokens; name the token"));
}

TEST_F(VocabTxtTest, GivesTheIdsOfTheSameVocabularyInJson) {
  const auto expected = LoadPipeline(FindTokenizer("all-minilm-l6-v2"));
  ASSERT_NE(expected, nullptr);
  std::string vocab;
  for (size_t id = 0; id < expected->vocabulary_size(); ++id) {
    vocab += std::string(expected->IdToToken(static_cast<int64_t>(id))) + "\n";
  }
  const auto tokenizer = Tokenizer::Load(WriteFile("vocab_full", "vocab.txt", vocab));
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  for (const GoldenRow& row : GoldenRows("all-minilm-l6-v2")) {
    ASSERT_EQ(Ids(**tokenizer, row.text), row.ids);
  }
}

std::string Varint(uint64_t number) {
  std::string bytes;
  for (; number >= 0x80; number >>= 7) bytes += static_cast<char>(number | 0x80);
  return bytes + static_cast<char>(number);
}

std::string Message(int field, const std::string& body) {
  return Varint(static_cast<uint64_t>(field) << 3 | 2) + Varint(body.size()) + body;
}

std::string PieceMessage(const std::string& piece, float score) {
  std::string bits(4, '\0');
  std::memcpy(bits.data(), &score, 4);
  return Message(1, Message(1, piece) + Varint(2 << 3 | 5) + bits);
}

std::string ModelFile(uint64_t model_type) {
  return PieceMessage("<unk>", 0) + PieceMessage("<s>", 0) + PieceMessage("</s>", 0) +
         PieceMessage("\xE2\x96\x81", -3) + PieceMessage("a", -2) + PieceMessage("b", -2.5) +
         PieceMessage(
             "\xE2\x96\x81"
             "ab",
             -4) +
         Message(2, Varint(3 << 3) + Varint(model_type));
}

TEST_F(SentencePieceModelTest, XlmRobertaPutsItsSpecialTokensFirst) {
  const auto tokenizer = Tokenizer::Load(WriteFile("spm", "sentencepiece.bpe.model", ModelFile(1)));
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  EXPECT_EQ((*tokenizer)->vocabulary_size(), 9U);
  const std::vector<int64_t> ids = Ids(**tokenizer, "ab  ba <mask> c");
  EXPECT_EQ(ids, (std::vector<int64_t>{0, 7, 4, 6, 5, 8, 4, 3, 2}));
  EXPECT_EQ((*tokenizer)->Decode(std::vector<int64_t>{7, 4, 6, 5, 8, 2}, true).value(), "ab ba");
}

TEST_F(SentencePieceModelTest, T5KeepsItsPiecesAndAppendsExtraIds) {
  WriteFile("spm_t5", "tokenizer_config.json", R"({"tokenizer_class": "T5Tokenizer"})");
  const auto tokenizer = Tokenizer::Load(WriteFile("spm_t5", "any.model", ModelFile(1)));
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  EXPECT_EQ((*tokenizer)->vocabulary_size(), 108U);
  EXPECT_EQ((*tokenizer)->TokenToId("<extra_id_99>"), 7);
  const std::vector<int64_t> ids = Ids(**tokenizer, "ab<extra_id_0>");
  EXPECT_EQ(ids, (std::vector<int64_t>{6, 106, 2}));
  EXPECT_EQ((*tokenizer)->Decode(ids, true).value(), "ab");
}

// Guards against a file whose name decided: if no file beside it names a class, its pieces decide.
TEST_F(SentencePieceModelTest, WhatItHoldsTellsTheClassWhereNoFileSaysIt) {
  const std::string pieces = PieceMessage("\xE2\x96\x81", -3) + PieceMessage("a", -2);
  const std::string head = PieceMessage("<pad>", 0) + PieceMessage("</s>", 0);
  const std::string unknown_id = Message(2, Varint(40 << 3) + Varint(2));
  const std::string t5 = head + PieceMessage("<unk>", 0) + pieces + unknown_id;
  for (const char* name : {"spiece.model", "sentencepiece.bpe.model", "tokenizer.model"}) {
    const auto tokenizer = Tokenizer::Load(WriteFile("spm_content", name, t5));
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
    EXPECT_EQ(Ids(**tokenizer, "a"), (std::vector<int64_t>{3, 4, 1})) << name;
    const auto fairseq = Tokenizer::Load(WriteFile("spm_content", name, ModelFile(1)));
    ASSERT_TRUE(fairseq.ok()) << fairseq.status().ToString();
    EXPECT_EQ(Ids(**fairseq, "ab"), (std::vector<int64_t>{0, 7, 2})) << name;
  }
}

// Guards against "not valid JSON" and "invalid UTF-8" for a file with another name.
TEST_F(SentencePieceModelTest, IsKnownByItsContentUnderAnyName) {
  for (const char* name : {"foo.spm", "foo.bin", "foo", "vocab.txt", "tokenizer.json"}) {
    const auto tokenizer = Tokenizer::Load(WriteFile("spm_names", name, ModelFile(1)));
    ASSERT_TRUE(tokenizer.ok()) << name << ": " << tokenizer.status().ToString();
    EXPECT_EQ(Ids(**tokenizer, "ab"), (std::vector<int64_t>{0, 7, 2})) << name;
  }
}

TEST_F(SentencePieceModelTest, SaysWhichClassIsAssumed) {
  const auto assumed = Tokenizer::Load(WriteFile("spm_assumed", "spiece.model", ModelFile(1)));
  ASSERT_TRUE(assumed.ok()) << assumed.status().ToString();
  EXPECT_THAT((*assumed)->notes().differences,
              testing::ElementsAre(testing::AllOf(testing::HasSubstr("XLMRobertaTokenizer"),
                                                  testing::HasSubstr("tokenizer_class in "))));
  WriteFile("spm_said", "tokenizer_config.json", R"({"tokenizer_class":"XLMRobertaTokenizer"})");
  const auto said = Tokenizer::Load(WriteFile("spm_said", "spiece.model", ModelFile(1)));
  ASSERT_TRUE(said.ok()) << said.status().ToString();
  for (const std::string& note : (*said)->notes().differences) {
    EXPECT_THAT(note, testing::Not(testing::HasSubstr("names a class")));
  }
}

TEST_F(VocabTxtTest, IsKnownByItsContentUnderAnyName) {
  for (const char* name : {"vocab", "foo.vocab", "words.lst"}) {
    const auto tokenizer = Tokenizer::Load(WriteFile("vocab_names", name, kVocab));
    ASSERT_TRUE(tokenizer.ok()) << name << ": " << tokenizer.status().ToString();
    EXPECT_EQ(Ids(**tokenizer, "hello"), (std::vector<int64_t>{2, 5, 3})) << name;
  }
  // A first line that is empty or a brace is a word.
  for (const std::string& first : {std::string("\n"), std::string("{\n\"\n")}) {
    const auto tokenizer = Tokenizer::Load(WriteFile("vocab_first", "vocab.txt", first + kVocab));
    EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  }
}

TEST_F(VocabTxtTest, ATokenizerJsonIsKnownByItsContentUnderAnyName) {
  const std::string document =
      R"({"model":{"type":"WordLevel","vocab":{"a":0,"b":1},"unk_token":"b"}})";
  for (const char* name : {"tok.txt", "tok.model", "tok"}) {
    const auto tokenizer =
        Tokenizer::Load(WriteFile("json_names", name, "\xEF\xBB\xBF" + document));
    ASSERT_TRUE(tokenizer.ok()) << name << ": " << tokenizer.status().ToString();
    EXPECT_EQ(Ids(**tokenizer, "a"), (std::vector<int64_t>{0})) << name;
  }
}

TEST_F(SentencePieceModelTest, RefusesAClassThatItDoesNotKnowByName) {
  WriteFile("spm_other", "tokenizer_config.json", R"({"tokenizer_class": "NllbTokenizer"})");
  const Status error =
      Tokenizer::Load(WriteFile("spm_other", "sentencepiece.bpe.model", ModelFile(1))).status();
  EXPECT_EQ(error.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(error.message(), testing::HasSubstr("NllbTokenizer"));
}

TEST_F(SentencePieceModelTest, RefusesBpeAndDamagedFiles) {
  EXPECT_EQ(Tokenizer::Load(WriteFile("spm", "bpe.model", ModelFile(2))).status().code(),
            StatusCode::kUnimplemented);
  const std::string whole = ModelFile(1);
  for (const std::string& damaged : {std::string(), std::string("abc"), whole.substr(0, 40)}) {
    EXPECT_EQ(Tokenizer::Load(WriteFile("spm", "damaged.model", damaged)).status().code(),
              StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace vetor
