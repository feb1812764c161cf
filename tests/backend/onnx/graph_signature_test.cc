#include "backend/onnx/graph_signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

OnnxValue Ids(const char* name) { return {name, OnnxElement::kInt64, {-1, -1}}; }
OnnxValue Hidden(const char* name) { return {name, OnnxElement::kFloat, {-1, -1, 384}}; }

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
  OnnxValue sentence{"sentence_embedding", OnnxElement::kFloat, {-1, 384}};
  const auto signature = ReadSignature(std::vector{Ids("input_ids"), Ids("attention_mask")},
                                       std::vector{Hidden("token_embeddings"), sentence});
  ASSERT_TRUE(signature.ok());
  EXPECT_TRUE(signature->text_vectors);
  EXPECT_EQ(signature->output, "sentence_embedding");
}

// docs/faults.md, row 20: inputs, outputs or ranks are wrong.
TEST(GraphSignatureTest, Row20RefusalsSayExpectedAndFound) {
  const std::vector good_inputs = {Ids("input_ids"), Ids("attention_mask")};
  const std::vector good_outputs = {Hidden("last_hidden_state")};
  const auto message = [](const std::vector<OnnxValue>& inputs,
                          const std::vector<OnnxValue>& outputs) {
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
  OnnxValue floats = Ids("input_ids");
  floats.element = OnnxElement::kFloat;
  EXPECT_THAT(message({floats, Ids("attention_mask")}, good_outputs),
              HasSubstr("input \"input_ids\" is tensor(float)"));
  OnnxValue cube = Ids("input_ids");
  cube.dims = {-1, -1, -1};
  EXPECT_THAT(message({cube, Ids("attention_mask")}, good_outputs), HasSubstr("has 3 dimensions"));
  EXPECT_THAT(message(good_inputs, {Hidden("logits")}),
              AllOf(HasSubstr("no output"), HasSubstr("found logits tensor(float)[?,?,384]")));
  OnnxValue flat = Hidden("last_hidden_state");
  flat.dims = {-1, 384};
  EXPECT_THAT(message(good_inputs, {flat}), HasSubstr("has 2 dimensions"));
  OnnxValue doubles = Hidden("last_hidden_state");
  doubles.element = OnnxElement::kDouble;
  EXPECT_THAT(message(good_inputs, {doubles}), HasSubstr("is tensor(double)"));
  EXPECT_THAT(message(good_inputs, {}), HasSubstr("found none"));
}

TEST(GraphSignatureTest, SizesThatContradictOrAreTooLargeAreRefused) {
  const std::vector outputs = {Hidden("last_hidden_state")};
  const auto message = [&](const std::vector<OnnxValue>& inputs) {
    const auto signature = ReadSignature(inputs, outputs);
    return signature.ok() ? "accepted" : signature.status().message();
  };
  const auto sized = [](const char* name, int64_t rows, int64_t length) {
    OnnxValue port = Ids(name);
    port.dims = {rows, length};
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
  OnnxValue past{"past_key_values.0.key", OnnxElement::kFloat, {-1, 2, -1, 4}};
  EXPECT_TRUE(ReadSignature(std::vector{Ids("input_ids"), past}, outputs).ok());
  past.dims = {-1, 2, 8, 4};
  EXPECT_THAT(ReadSignature(std::vector{Ids("input_ids"), past}, outputs).status().message(),
              HasSubstr("past_key_values.0.key\" cannot be empty"));
}

TEST(GraphSignatureTest, OffsetsGoWithIdsAlone) {
  OnnxValue ids = Ids("input_ids");
  ids.dims = {-1};
  OnnxValue offsets = Ids("offsets");
  offsets.dims = {-1};
  const OnnxValue texts{"embeddings", OnnxElement::kFloat, {-1, 256}};
  const auto signature = ReadSignature(std::vector{ids, offsets}, std::vector{texts});
  ASSERT_TRUE(signature.ok()) << signature.status().ToString();
  EXPECT_TRUE(signature->joined_rows);
  EXPECT_TRUE(signature->text_vectors);
  OnnxValue mask = Ids("attention_mask");
  mask.dims = {-1};
  EXPECT_THAT(ReadSignature(std::vector{ids, offsets, mask}, std::vector{texts}).status().message(),
              HasSubstr("\"offsets\" beside inputs"));
  EXPECT_THAT(
      ReadSignature(std::vector{Ids("input_ids"), offsets}, std::vector{texts}).status().message(),
      HasSubstr("has 2 dimensions"));
}

}  // namespace
}  // namespace vetor
