// A service on graphs that are not the usual encoder, from a folder to vectors: on ONNX Runtime,
// because vetor's own kernels do not know them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "os/log.h"
#include "tests/service/open_services.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_services.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::Embed;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Open;

constexpr const char* kLong =
    "the race of the world at the race of the world is the race of the world in the calendar and "
    "the race of the world";

std::vector<std::string>* warnings = nullptr;

class OtherGraphsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    VETOR_SKIP_WITHOUT(testing::TestRuntime());
    warnings = &warnings_;
    SetLogSink([](LogLevel level, std::string_view message) {
      if (level == LogLevel::kWarning) warnings->emplace_back(message);
    });
  }
  void TearDown() override { SetLogSink(nullptr); }

  // Puts a graph of tests/data/model into a folder, with tiny-bert's tokenizer and mean pooling.
  EmbeddingsConfig Folder(const std::string& graph, const std::string& modules = kMean) {
    fs::remove_all(folder_ / "m");
    folder_.CopyModel(graph, "m/model.onnx");
    folder_.CopyModel("tiny-bert/tokenizer.json", "m/tokenizer.json");
    folder_.Write("m/modules.json", modules);
    folder_.Write("m/1_Pooling/config.json", "{}");
    EmbeddingsConfig config = testing::TinyConfig();
    config.model.path = (folder_ / "m").string();
    return config;
  }

  static constexpr const char* kMean =
      R"([{"path":"","type":"sentence_transformers.models.Transformer"},)"
      R"({"path":"1_Pooling","type":"sentence_transformers.models.Pooling"}])";
  static constexpr const char* kStatic =
      R"([{"path":".","type":"sentence_transformers.models.StaticEmbedding"},)"
      R"({"path":"1_Normalize","type":"sentence_transformers.models.Normalize"}])";

  TemporaryFolder folder_;
  std::vector<std::string> warnings_;
};

// A run failed for every text that was not 16 tokens long.
TEST_F(OtherGraphsTest, AFixedLengthGivesTheVectorsOfAFreeOne) {
  const auto free = Embed(Folder("valid/token_embeddings.onnx"),
                          {"hello world", "", "Monaco Grand Prix", "hello"});
  EmbeddingsConfig config = Folder("valid/fixed_length.onnx");
  const auto fixed = Embed(config, {"hello world", "", "Monaco Grand Prix", "hello"});
  EXPECT_EQ(fixed.values, free.values);
  // The result is the same alone and among others.
  EXPECT_EQ(Embed(config, {"hello"}).values,
            std::vector<float>(free.values.end() - 8, free.values.end()));
  const auto cut = Embed(config, {kLong});
  EXPECT_TRUE(cut.texts[0].truncated);
  EXPECT_EQ(cut.texts[0].tokens, 16U);
  config.model.max_length = 32;
  EXPECT_THAT(EmbeddingsService::Open(config).status().message(),
              AllOf(HasSubstr("fixed length 16"), HasSubstr("32")));
}

TEST_F(OtherGraphsTest, ALengthThatHoldsSpecialTokensAloneIsRefused) {
  EmbeddingsConfig config = Folder("valid/fixed_length.onnx");
  config.model.max_length = 2;
  const Status status = EmbeddingsService::Open(config).status();
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("is 2"), HasSubstr("nothing would be left of a text"),
                    HasSubstr("expected at least 3")));
  config.model.max_length = 3;
  EXPECT_TRUE(EmbeddingsService::Open(config).ok());
}

// The line "texts are cut at 16 tokens, and shorter ones padded" stood before the refusal of that
// graph.
TEST_F(OtherGraphsTest, AModelThatDoesNotStartReportsOnlyTheReason) {
  EmbeddingsConfig config = Folder("valid/fixed_length.onnx");
  ASSERT_TRUE(EmbeddingsService::Open(config).ok());
  EXPECT_THAT(warnings_, ::testing::Contains(HasSubstr("fixed length 16")));
  warnings_.clear();
  config.onnx.library_path = (folder_ / "no-runtime.so").string();
  EXPECT_FALSE(EmbeddingsService::Open(config).ok());
  EXPECT_THAT(warnings_, ::testing::IsEmpty());
}

TEST_F(OtherGraphsTest, RowsEndToEndAreTextsWithoutSpecialTokens) {
  EmbeddingsConfig config = Folder("valid/joined_rows.onnx", kStatic);
  const auto rows = Embed(config, {"hello world", "", kLong});
  EXPECT_EQ(rows.texts[0].tokens + 2,
            Embed(Folder("valid/token_embeddings.onnx"), {"hello world"}).texts[0].tokens);
  EXPECT_EQ(rows.texts[1].tokens, 0U);
  // The truncation is that of tokenizer.json, which the call of StaticEmbedding applies.
  EXPECT_TRUE(rows.texts[2].truncated);
  EXPECT_EQ(rows.texts[2].tokens, 16U);
  // The mean of nothing is zero, as in torch.
  for (const float value : rows.row(1)) EXPECT_EQ(value, 0);
  double square = 0;
  for (const float value : rows.row(2)) square += static_cast<double>(value) * value;
  EXPECT_NEAR(square, 1, 1e-5);
}

// Guards against files that StaticEmbedding does not read: they cut, lowercased and added tokens.
TEST_F(OtherGraphsTest, AStaticModelReadsItsTokenizerJsonAlone) {
  EmbeddingsConfig config = Folder("valid/joined_rows.onnx", kStatic);
  const auto alone = Embed(config, {"HELLO world", "hello world"});
  folder_.Write("m/tokenizer_config.json",
                R"({"tokenizer_class":"BertTokenizer","do_lower_case":false,"model_max_length":2,)"
                R"("truncation_side":"left"})");
  folder_.Write("m/added_tokens.json", R"({"hello world":7})");
  folder_.Write("m/special_tokens_map.json", R"({"unk_token":"hello"})");
  folder_.Write("m/config.json", R"({"model_type":"roformer","max_position_embeddings":2})");
  const auto beside = Embed(config, {"HELLO world", "hello world"});
  EXPECT_EQ(beside.values, alone.values);
  EXPECT_EQ(beside.texts[1].tokens, alone.texts[1].tokens);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(OtherGraphsTest, AStaticModelHasNoLengthButTheCallersOrItsTokenizers) {
  EmbeddingsConfig config = Folder("valid/joined_rows.onnx", kStatic);
  config.model.max_length = 20;  // The caller's maximum goes before the 16 of the file.
  EXPECT_EQ(Embed(config, {kLong}).texts[0].tokens, 20U);
  config.model.max_length = 0;
  std::stringstream text;
  text << std::ifstream(folder_ / "m/tokenizer.json").rdbuf();
  auto document = boost::json::parse(text.str()).as_object();
  document["truncation"] = nullptr;
  folder_.Write("m/tokenizer.json", boost::json::serialize(document));
  const auto whole = Embed(config, {kLong});
  EXPECT_FALSE(whole.texts[0].truncated);
  EXPECT_GT(whole.texts[0].tokens, 20U);
}

TEST_F(OtherGraphsTest, ANamedOutputIsItsOwnVectorSpace) {
  EmbeddingsConfig config = Folder("valid/several_outputs.onnx");
  testing::UseMemoryCache(&config);
  const auto pooled = Embed(config, {"hello world"});
  config.model.output_name = "dense_vecs";
  const auto named = Embed(config, {"hello world"});
  for (size_t i = 0; i < 8; ++i) EXPECT_NEAR(named.values[i], pooled.values[i], 1e-6);
  config.model.output_name = "text_embeds";
  EXPECT_THAT(EmbeddingsService::Open(config).status().message(),
              AllOf(HasSubstr("\"text_embeds\""), HasSubstr("dense_vecs")));
}

}  // namespace
}  // namespace vetor
