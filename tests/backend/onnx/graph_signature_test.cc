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
      message({Ids("attention_mask")}, good_outputs),
      AllOf(HasSubstr("no input \"input_ids\""), HasSubstr("expected input_ids"),
            HasSubstr("found attention_mask tensor(int64)[?,?]"), HasSubstr("feature-extraction")));
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

TEST(GraphSignatureTest, SizesThatContradictOrAreNoSizesAreRefused) {
  const std::vector outputs = {Hidden("last_hidden_state")};
  const auto message = [&](const std::vector<GraphPort>& inputs) {
    const auto signature = ReadSignature(inputs, outputs);
    return signature.ok() ? "accepted" : signature.status().message();
  };
  const auto sized = [](const char* name, int64_t rows, int64_t length) {
    GraphPort port = Ids(name);
    port.shape = {rows, length};
    return port;
  };
  EXPECT_THAT(message({sized("input_ids", -1, 16), sized("attention_mask", -1, 32)}),
              HasSubstr("input \"attention_mask\" has another size"));
  EXPECT_THAT(message({sized("input_ids", -1, int64_t{1} << 40), Ids("attention_mask")}),
              HasSubstr("larger than 1048576"));
  EXPECT_THAT(message({sized("input_ids", 1 << 12, 1 << 12), Ids("attention_mask")}),
              HasSubstr("more than 1048576 tokens"));
  const auto fixed =
      ReadSignature(std::vector{sized("input_ids", 1, 16), Ids("attention_mask")}, outputs);
  ASSERT_TRUE(fixed.ok());
  EXPECT_EQ(fixed->fixed_rows, 1U);
  EXPECT_EQ(fixed->fixed_length, 16U);
}

TEST(GraphSignatureTest, APastThatCannotBeEmptyIsRefused) {
  const std::vector outputs = {Hidden("last_hidden_state")};
  GraphPort past{"past_key_values.0.key", ElementType::kFloat32, "tensor(float)", {-1, 2, -1, 4}};
  EXPECT_TRUE(ReadSignature(std::vector{Ids("input_ids"), past}, outputs).ok());
  past.shape = {-1, 2, 8, 4};
  EXPECT_THAT(ReadSignature(std::vector{Ids("input_ids"), past}, outputs).status().message(),
              HasSubstr("past_key_values.0.key\" cannot be empty"));
}

TEST(GraphSignatureTest, OffsetsGoWithIdsAlone) {
  GraphPort ids = Ids("input_ids");
  ids.shape = {-1};
  GraphPort offsets = Ids("offsets");
  offsets.shape = {-1};
  const GraphPort texts{"embeddings", ElementType::kFloat32, "tensor(float)", {-1, 256}};
  const auto signature = ReadSignature(std::vector{ids, offsets}, std::vector{texts});
  ASSERT_TRUE(signature.ok()) << signature.status().ToString();
  EXPECT_TRUE(signature->joined_rows);
  EXPECT_TRUE(signature->text_vectors);
  GraphPort mask = Ids("attention_mask");
  mask.shape = {-1};
  EXPECT_THAT(ReadSignature(std::vector{ids, offsets, mask}, std::vector{texts}).status().message(),
              HasSubstr("\"offsets\" beside inputs"));
  EXPECT_THAT(
      ReadSignature(std::vector{Ids("input_ids"), offsets}, std::vector{texts}).status().message(),
      HasSubstr("has 2 dimensions"));
}

}  // namespace
}  // namespace vetor
