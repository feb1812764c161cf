#include "model/embedder_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class EmbedderCheckTest : public ::testing::Test {
 protected:
  Status Check(const std::string& architecture) {
    return CheckConfig({{"architectures", {architecture}}});
  }
  Status CheckConfig(const boost::json::object& config,
                     const std::vector<std::string>& tensors = {"embeddings.weight"}) {
    return CheckIsEmbedder(folder_.path(), config, tensors);
  }
  void WriteModules(const std::string& second) {
    folder_.Write("modules.json",
                  R"([{"path":"","type":"sentence_transformers.models.Transformer"},)"
                  R"({"path":"1","type":")" +
                      second + "\"}]");
  }
  TemporaryFolder folder_;
};

// A reranker was exported as an embedder, although its vectors mean nothing.
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

// Guards against exporting a cross-encoder because its class does not stand in the usual place.
TEST_F(EmbedderCheckTest, TheClassIsFoundWhereverItIsNamed) {
  const std::string name = "BertForSequenceClassification";
  const std::vector<boost::json::value> refused = {
      boost::json::array{"BertModel", name}, boost::json::string(name),
      boost::json::array{nullptr, name}, boost::json::array{name + "Foo"}};
  for (const boost::json::value& architectures : refused) {
    const Status status = CheckConfig({{"architectures", architectures}});
    EXPECT_EQ(status.code(), StatusCode::kUnimplemented) << architectures;
    EXPECT_THAT(status.message(), HasSubstr(name));
  }
  for (const boost::json::value& architectures :
       {boost::json::value(nullptr), boost::json::value(boost::json::array{}),
        boost::json::value("BertModel"), boost::json::value(7)}) {
    EXPECT_TRUE(CheckConfig({{"architectures", architectures}}).ok()) << architectures;
  }
}

// These models were trained for their head.
TEST_F(EmbedderCheckTest, OtherHeadsAreRefusedWithoutAPooling) {
  for (const char* name : {"BertForTokenClassification", "BertForQuestionAnswering",
                           "BertForMultipleChoice", "BertForNextSentencePrediction"}) {
    EXPECT_THAT(Check(name).message(), HasSubstr(name));
  }
  for (const char* name : {"BertForPreTraining", "BertForMaskedLM", "Qwen3ForCausalLM"}) {
    EXPECT_TRUE(Check(name).ok()) << name;
  }
}

TEST_F(EmbedderCheckTest, TheKeysOfACrossEncoderAreRefused) {
  const boost::json::object old = {{"sbert_ce_default_activation_function", "a.Identity"}};
  const boost::json::object now = {{"sentence_transformers", {{"activation_fn", "a.Sigmoid"}}}};
  EXPECT_THAT(CheckConfig(old).message(), HasSubstr("sbert_ce_default_activation_function"));
  EXPECT_THAT(CheckConfig(now).message(), HasSubstr("sentence_transformers.activation_fn"));
  EXPECT_TRUE(CheckConfig({{"sentence_transformers", {{"version", "5"}}}}).ok());
  WriteModules("sentence_transformers.models.Pooling");
  EXPECT_TRUE(CheckConfig(old).ok());
  EXPECT_TRUE(CheckConfig(now).ok());
}

TEST_F(EmbedderCheckTest, TheWeightsOfAHeadAreSeen) {
  for (const char* head : {"classifier.weight", "classifier.out_proj.weight", "score.weight",
                           "qa_outputs.weight", "module._orig_mod.classifier.weight"}) {
    for (const boost::json::object& config :
         {boost::json::object(), boost::json::object{{"architectures", {"BertModel"}}}}) {
      const Status status = CheckConfig(config, {"embeddings.weight", head});
      EXPECT_EQ(status.code(), StatusCode::kUnimplemented);
      EXPECT_THAT(status.message(), AllOf(HasSubstr(head), HasSubstr("write such a modules.json")));
    }
  }
  EXPECT_TRUE(CheckConfig({}, {"cls.predictions.bias", "pooler.dense.weight"}).ok());
  WriteModules("sentence_transformers.models.Pooling");
  EXPECT_TRUE(CheckConfig({}, {"classifier.weight"}).ok());
}

// gte-multilingual-base is a NewForTokenClassification.
TEST_F(EmbedderCheckTest, WithAPoolingTheClassDoesNotMatter) {
  WriteModules("sentence_transformers.models.Pooling");
  EXPECT_TRUE(Check("NewForTokenClassification").ok());
  EXPECT_TRUE(Check("BertForSequenceClassification").ok());
  WriteModules("sentence_transformers.sentence_transformer.modules.pooling.Pooling");
  EXPECT_TRUE(Check("BertForSequenceClassification").ok());
}

TEST_F(EmbedderCheckTest, TheModelTypeOfSentenceTransformersIsRead) {
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
