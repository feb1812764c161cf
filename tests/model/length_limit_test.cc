#include "model/length_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "encoder/position_offset.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LengthLimitTest : public ::testing::Test {
 protected:
  LengthLimit Find(int64_t position_rows, int asked = 0) {
    auto limit = FindLengthLimit({asked, {folder_.path()}, position_rows});
    EXPECT_TRUE(limit.ok()) << limit.status().ToString();
    return limit.ok() ? *limit : LengthLimit();
  }
  TemporaryFolder folder_;
};

TEST_F(LengthLimitTest, EachSourceGivesWayToTheOneBeforeIt) {
  EXPECT_EQ(Find(0).max_length, 512);
  EXPECT_EQ(Find(1024).max_length, 1024);
  EXPECT_THAT(Find(1024).source, HasSubstr("position table"));
  folder_.Write("tokenizer_config.json", R"({"model_max_length":384})");
  EXPECT_EQ(Find(1024).max_length, 384);
  EXPECT_THAT(Find(1024).source, HasSubstr("tokenizer_config.json model_max_length"));
  folder_.Write("sentence_bert_config.json", R"({"max_seq_length":256,"do_lower_case":true})");
  EXPECT_EQ(Find(1024).max_length, 256);
  EXPECT_THAT(Find(1024).source, HasSubstr("sentence_bert_config.json max_seq_length"));
  EXPECT_TRUE(Find(1024).do_lower_case);
  EXPECT_EQ(Find(1024, 100).max_length, 100);
  EXPECT_TRUE(Find(1024, 100).do_lower_case);  // The caller's length does not hide it.
}

TEST_F(LengthLimitTest, OlderNamesAndTheTransformersFolderAreRead) {
  folder_.Write("sentence_xlm-roberta_config.json", R"({"max_seq_length":128})");
  EXPECT_EQ(Find(0).max_length, 128);
  folder_.Write("0_Transformer/sentence_distilbert_config.json", R"({"max_seq_length":64})");
  const auto limit = FindLengthLimit({0, {folder_ / "0_Transformer", folder_.path()}, 0});
  EXPECT_EQ(limit->max_length, 64);
}

TEST_F(LengthLimitTest, ValuesThatMeanNoLimitArePassedOver) {
  for (const char* number : {"1000000000000000019884624838656", "1e30", "null", "0", "-1", "0.5",
                             "18446744073709551615"}) {
    folder_.Write("tokenizer_config.json", std::string(R"({"model_max_length":)") + number + "}");
    EXPECT_EQ(Find(0).max_length, 512) << number;
  }
  folder_.Write("tokenizer_config.json", R"({"model_max_length":512.0})");
  EXPECT_EQ(Find(2048).max_length, 512);
  folder_.Write("sentence_bert_config.json", R"({"max_seq_length":null,"do_lower_case":false})");
  EXPECT_EQ(Find(2048).max_length, 512);
}

TEST_F(LengthLimitTest, ThePositionTableBoundsWhatFilesSayAndWarns) {
  folder_.Write("sentence_bert_config.json", R"({"max_seq_length":8192})");
  const LengthLimit limit = Find(512);
  EXPECT_EQ(limit.max_length, 512);
  EXPECT_THAT(limit.source, HasSubstr("bounded by the position table"));
  ASSERT_THAT(limit.warnings, SizeIs(1));
  EXPECT_THAT(limit.warnings[0], AllOf(HasSubstr("8192"), HasSubstr("512")));
  EXPECT_THAT(Find(8192).warnings, IsEmpty());
}

TEST_F(LengthLimitTest, AskingForMoreThanThePositionsIsAnError) {
  const auto limit = FindLengthLimit({513, {folder_.path()}, 512});
  EXPECT_EQ(limit.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(limit.status().message(), AllOf(HasSubstr("513"), HasSubstr("512")));
  EXPECT_EQ(FindLengthLimit({-1, {folder_.path()}, 512}).status().code(),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(Find(512, 512).max_length, 512);
}

TEST_F(LengthLimitTest, FamiliesThatCountFromThePaddingIdHaveFewerPositionsThanRows) {
  EXPECT_EQ(Find(514).max_length, 512);  // There is no config.json; the odd size shows it.
  EXPECT_EQ(Find(8194).max_length, 8192);
  for (const char* family : {"roberta", "xlm-roberta", "mpnet", "camembert"}) {
    folder_.Write("config.json", std::string(R"({"max_position_embeddings":514,"model_type":")") +
                                     family + R"(","pad_token_id":1})");
    EXPECT_EQ(Find(514).max_length, 512) << family;
    EXPECT_EQ(Find(0).max_length, 512) << family;
  }
  // This is a BERT with an XLM-R tokenizer, for which pad_token_id does not matter.
  folder_.Write("config.json",
                R"({"max_position_embeddings":512,"model_type":"bert","pad_token_id":0})");
  EXPECT_EQ(Find(512).max_length, 512);
}

TEST_F(LengthLimitTest, TheGraphsTableWinsOverAConfigThatPromisesMore) {
  folder_.Write("config.json", R"({"max_position_embeddings":2048,"model_type":"bert"})");
  EXPECT_EQ(Find(512).max_length, 512);
  EXPECT_EQ(Find(0).max_length, 2048);  // With rotary positions there is no table.
  folder_.Write("config.json", R"({"max_position_embeddings":-1,"model_type":"xlnet"})");
  EXPECT_EQ(Find(0).max_length, 512);
}

TEST_F(LengthLimitTest, AWrongTypeNamesFileAndKey) {
  folder_.Write("sentence_bert_config.json", R"({"max_seq_length":"256"})");
  const auto limit = FindLengthLimit({0, {folder_.path()}, 512});
  EXPECT_EQ(limit.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(limit.status().message(), AllOf(HasSubstr("sentence_bert_config.json"),
                                              HasSubstr("max_seq_length"), HasSubstr("a string")));
}

// Each family of the one table counts as its code in transformers does. LUKE and the like were
// taken for families that count from 0, and ran beyond their table.
TEST_F(LengthLimitTest, EveryFamilyOfTheTableHasItsOffset) {
  for (const PositionOffset& family : kPositionOffsets) {
    // The padding id 2 may only matter to the families that read it.
    folder_.Write("config.json", R"({"max_position_embeddings":514,"pad_token_id":2,)"
                                 R"("model_type":")" +
                                     std::string(family.model_type) + "\"}");
    const bool reads_padding = family.padding == PositionOffset::kConfigPadding;
    const int expected = family.rows_beyond ? 514 : reads_padding ? 511 : 512;
    EXPECT_EQ(Find(0).max_length, expected) << family.model_type;
    EXPECT_EQ(Find(family.rows_beyond ? 516 : 514).max_length, expected) << family.model_type;
  }
  for (const char* family : {"roberta", "xlm-roberta", "camembert", "luke", "longformer", "esm"}) {
    EXPECT_EQ(FirstPosition(family, 1), 2) << family;
  }
  EXPECT_EQ(FirstPosition("mpnet", 0), 2);
  EXPECT_EQ(FirstPosition("bert", 1), 0);
}

// The number was increased by one without a check.
TEST_F(LengthLimitTest, APadTokenThatNoVocabularyHasIsRefused) {
  for (const char* id : {"9223372036854775807", "-9223372036854775808", "4294967296"}) {
    folder_.Write("config.json", std::string(R"({"model_type":"roberta","pad_token_id":)") + id +
                                     R"(,"max_position_embeddings":514})");
    const auto limit = FindLengthLimit({0, {folder_.path()}, 514});
    EXPECT_EQ(limit.status().code(), StatusCode::kInvalidArgument) << id;
    EXPECT_THAT(limit.status().message(), HasSubstr("pad_token_id"));
  }
}

// Guards against texts that were cut at a graph's length without a message.
TEST_F(LengthLimitTest, AFixedLengthThatNothingElseBoundsIsSaidToo) {
  const auto limit = FindLengthLimit({.folders = {folder_.path()}, .fixed_length = 5});
  ASSERT_TRUE(limit.ok()) << limit.status().ToString();
  EXPECT_EQ(limit->max_length, 5);
  ASSERT_THAT(limit->warnings, SizeIs(1));
  EXPECT_THAT(limit->warnings[0],
              AllOf(HasSubstr("the graph has the fixed length 5: texts are cut"),
                    HasSubstr("free length")));
}

}  // namespace
}  // namespace vetor
