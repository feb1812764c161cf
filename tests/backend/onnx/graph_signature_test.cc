#include "backend/onnx/graph_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

GraphPort Ids(const char* name) { return {name, ElementType::kInt64, "tensor(int64)", {-1, -1}}; }
GraphPort Hidden(const char* name) {
  return {name, ElementType::kFloat32, "tensor(float)", {-1, -1, 384}};
}

TEST(GraphSignatureTest, BertOfEveryExporterIsUnderstood) {
  const auto signature =
      ReadSignature(std::vector{Ids("input_ids"), Ids("attention_mask"), Ids("token_type_ids")},
                    std::vector{Hidden("last_hidden_state"), Hidden("pooler_output")});
  ASSERT_TRUE(signature.ok());
  EXPECT_EQ(signature->inputs.size(), 3U);
  EXPECT_EQ(signature->inputs[1].role, InputRole::kAttentionMask);
  EXPECT_EQ(signature->output, "last_hidden_state");
  EXPECT_FALSE(signature->text_vectors);
  EXPECT_EQ(signature->width, 384);
}

TEST(GraphSignatureTest, ASentenceEmbeddingWinsOverTokenVectors) {
  GraphPort sentence{"sentence_embedding", ElementType::kFloat32, "tensor(float)", {-1, 384}};
  const auto signature = ReadSignature(std::vector{Ids("input_ids"), Ids("attention_mask")},
                                       std::vector{Hidden("token_embeddings"), sentence});
  ASSERT_TRUE(signature.ok());
  EXPECT_TRUE(signature->text_vectors);
  EXPECT_EQ(signature->output, "sentence_embedding");
}

// Fault row 20: wrong inputs, outputs, rank.
TEST(GraphSignatureTest, Row20RefusalsSayExpectedAndFound) {
  const std::vector good_inputs = {Ids("input_ids"), Ids("attention_mask")};
  const std::vector good_outputs = {Hidden("last_hidden_state")};
  const auto message = [](const std::vector<GraphPort>& inputs,
                          const std::vector<GraphPort>& outputs) {
    const auto signature = ReadSignature(inputs, outputs);
    EXPECT_EQ(signature.status().code(), StatusCode::kInvalidArgument);
    return signature.ok() ? "accepted" : signature.status().message();
  };
  EXPECT_THAT(
      message({Ids("input_ids")}, good_outputs),
      AllOf(HasSubstr("no input \"attention_mask\""), HasSubstr("expected input_ids"),
            HasSubstr("found input_ids tensor(int64)[?,?]"), HasSubstr("feature-extraction")));
  EXPECT_THAT(message({Ids("input_ids"), Ids("attention_mask"), Ids("pixel_values")}, good_outputs),
              HasSubstr("an input \"pixel_values\""));
  GraphPort floats = Ids("input_ids");
  floats.type = ElementType::kFloat32;
  floats.type_name = "tensor(float)";
  EXPECT_THAT(message({floats, Ids("attention_mask")}, good_outputs),
              HasSubstr("input \"input_ids\" is tensor(float)"));
  GraphPort cube = Ids("input_ids");
  cube.shape = {-1, -1, -1};
  EXPECT_THAT(message({cube, Ids("attention_mask")}, good_outputs), HasSubstr("has 3 dimensions"));
  EXPECT_THAT(message(good_inputs, {Hidden("logits")}),
              AllOf(HasSubstr("no output"), HasSubstr("found logits tensor(float)[?,?,384]")));
  GraphPort flat = Hidden("last_hidden_state");
  flat.shape = {-1, 384};
  EXPECT_THAT(message(good_inputs, {flat}), HasSubstr("has 2 dimensions"));
  GraphPort doubles = Hidden("last_hidden_state");
  doubles.type = ElementType::kOther;
  doubles.type_name = "tensor(double)";
  EXPECT_THAT(message(good_inputs, {doubles}), HasSubstr("is tensor(double)"));
  EXPECT_THAT(message(good_inputs, {}), HasSubstr("found none"));
}

}  // namespace
}  // namespace vetor
