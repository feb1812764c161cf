#include "exporter/folder/embedder_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/model/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class EmbedderCheckTest : public ::testing::Test {
 protected:
  Status Check(const std::string& architecture) {
    return CheckIsEmbedder(folder_.path(), {{"architectures", {architecture}}});
  }
  void WriteModules(const std::string& second) {
    folder_.Write("modules.json",
                  R"([{"path":"","type":"sentence_transformers.models.Transformer"},)"
                  R"({"path":"1","type":")" +
                      second + "\"}]");
  }
  TemporaryFolder folder_;
};

// A reranker was exported as an embedder, and its vectors mean nothing.
TEST_F(EmbedderCheckTest, AClassifierWithoutPoolingIsRefusedByName) {
  const Status status = Check("XLMRobertaForSequenceClassification");
  EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("XLMRobertaForSequenceClassification"),
                                      HasSubstr("cross-encoder"), HasSubstr("modules.json")));
  folder_.Write("modules.json",
                R"([{"path":"","type":"sentence_transformers.models.Transformer"}])");
  EXPECT_EQ(Check("BertForSequenceClassification").code(), StatusCode::kUnimplemented);
  EXPECT_TRUE(Check("BertForMaskedLM").ok());
  EXPECT_TRUE(Check("BertModel").ok());
}

// gte-multilingual-base is a NewForTokenClassification.
TEST_F(EmbedderCheckTest, WithAPoolingTheClassDoesNotMatter) {
  WriteModules("sentence_transformers.models.Pooling");
  EXPECT_TRUE(Check("NewForTokenClassification").ok());
  EXPECT_TRUE(Check("BertForSequenceClassification").ok());
  WriteModules("sentence_transformers.sentence_transformer.modules.pooling.Pooling");
  EXPECT_TRUE(Check("BertForSequenceClassification").ok());
}

TEST_F(EmbedderCheckTest, SentenceTransformersOwnWordOfItIsHeard) {
  WriteModules("sentence_transformers.cross_encoder.modules.logit_score.LogitScore");
  EXPECT_THAT(Check("Qwen3ForCausalLM").message(),
              HasSubstr("a cross-encoder by its modules.json"));
  WriteModules("sentence_transformers.models.Pooling");
  folder_.Write("config_sentence_transformers.json", R"({"model_type":"CrossEncoder"})");
  EXPECT_THAT(Check("BertModel").message(), HasSubstr("config_sentence_transformers.json"));
  folder_.Write("config_sentence_transformers.json", R"({"model_type":"SparseEncoder"})");
  EXPECT_THAT(Check("BertModel").message(), HasSubstr("\"SparseEncoder\""));
  folder_.Write("config_sentence_transformers.json", R"({"model_type":"SentenceTransformer"})");
  EXPECT_TRUE(Check("BertModel").ok());
}

}  // namespace
}  // namespace vetor
