// Changes of a BERT graph by name: what is taken over, what is refused, and in which words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "exporter/graph/graph_writer.h"
#include "tests/encoder/recogniser/changed_graph.h"
#include "tests/encoder/tiny_checkpoint.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;

class RefusedGraphsTest : public testing::ChangedGraphTest {
 protected:
  void SetUp() override {
    const auto encoder = testing::OpenTiny("bert");
    ASSERT_TRUE(encoder.ok());
    ASSERT_TRUE(WriteGraph(*encoder, {}, path()).ok());
    Load(path());
  }

  // The first node of an operator whose name begins so.
  OnnxNode& Node(const std::string& prefix, const std::string& op_type) {
    const auto found = std::find_if(model_.nodes.begin(), model_.nodes.end(), [&](const auto& n) {
      return n.op_type == op_type && n.outputs[0].starts_with(prefix);
    });
    EXPECT_NE(found, model_.nodes.end()) << prefix << " " << op_type;
    return *found;
  }
};

TEST_F(RefusedGraphsTest, AnotherEpsilonIsTaken) {
  Node("embedding/Add_13", "Add").inputs[1] = testing::AddFloats(&model_, {}, {0.25F});
  const auto encoder = Recognise();
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  EXPECT_EQ(encoder->embedding_norm->epsilon, 0.25);
  ExpectRight();
}

TEST_F(RefusedGraphsTest, AnotherScaleIsTaken) {
  Node("layer.0/attention", "Mul").inputs[1] = testing::AddFloats(&model_, {}, {0.7F});
  const auto encoder = Recognise();
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  EXPECT_NEAR(encoder->layers[0].attention.scale, 0.7, 1e-7);
  ExpectRight();
}

TEST_F(RefusedGraphsTest, QueriesAndKeysInEachOthersPlaceAreTaken) {
  auto& outputs = Node("layer.0/attention", "Split").outputs;
  std::swap(outputs[0], outputs[1]);
  ExpectRight();
}

TEST_F(RefusedGraphsTest, PositionsThatBeginLaterAreTaken) {
  auto& exclusive = Node("positions", "CumSum").attributes[0];
  ASSERT_EQ(exclusive.name, "exclusive");
  exclusive.value = int64_t{0};
  ExpectRight();
}

TEST_F(RefusedGraphsTest, AnotherFactorOfTheActivationIsRefused) {
  Node("layer.0/feed_forward", "Div").inputs[1] = testing::AddFloats(&model_, {}, {1.5F});
  EXPECT_THAT(Refusal(), HasSubstr("over the root of 2"));
}

TEST_F(RefusedGraphsTest, AMaskThatHidesTooLittleIsRefused) {
  Node("mask", "Mul").inputs[1] = testing::AddFloats(&model_, {}, {-100.0F});
  EXPECT_THAT(Refusal(), HasSubstr("layer.0/attention/Add"));
}

TEST_F(RefusedGraphsTest, AMaskThatIsNotAddedIsRefused) {
  OnnxNode& add = Node("layer.0/attention/Add_35", "Add");
  Node("layer.0/attention", "Softmax").inputs[0] = add.inputs[0];
  EXPECT_THAT(Refusal(), HasSubstr("attention_mask"));
}

TEST_F(RefusedGraphsTest, NamesTheFirstNodeThatDoesNotFit) {
  Node("layer.1/feed_forward", "Erf").op_type = "Sinh";
  const std::string refusal = Refusal();
  EXPECT_THAT(refusal, HasSubstr("node \"layer.1/feed_forward/Erf"));
  EXPECT_THAT(refusal, HasSubstr("\"Sinh\""));
  EXPECT_THAT(refusal, HasSubstr("expected an operator that text encoders consist of"));
}

TEST_F(RefusedGraphsTest, OperatorsOfOtherDomainsAreRefused) {
  Node("layer.0/attention", "Softmax").domain = "com.example";
  EXPECT_THAT(Refusal(), HasSubstr("expected an operator of ONNX itself"));
}

TEST_F(RefusedGraphsTest, CirclesAreRefused) {
  OnnxNode& sum = Node("layer.0/attention/Add_42", "Add");
  sum.inputs[0] = sum.outputs[0];
  EXPECT_THAT(Refusal(), HasSubstr("what nodes before it give"));
}

TEST_F(RefusedGraphsTest, MissingValuesAreRefused) {
  Node("layer.0/attention", "MatMul").inputs[1] = "nothing";
  EXPECT_THAT(Refusal(), HasSubstr("nothing"));
}

TEST_F(RefusedGraphsTest, ValuesThatAreGivenTwiceAreRefused) {
  model_.nodes.push_back(model_.nodes.front());
  EXPECT_THAT(Refusal(), HasSubstr("is given twice"));
}

// Our own kernels took the node's table, ONNX Runtime the initialiser.
TEST_F(RefusedGraphsTest, AConstantWithTheNameOfAWeightIsRefused) {
  OnnxNode constant{.op_type = "Constant", .outputs = {model_.initializers.front().name}};
  constant.attributes.push_back(
      {"value", OnnxConstant{.dims = {1}, .bytes = std::string(4, '\1')}});
  model_.nodes.insert(model_.nodes.begin(), constant);
  EXPECT_THAT(Refusal(), HasSubstr("is given twice"));
}

// float32 keeps nothing of the mask beside such a number, and double did.
TEST_F(RefusedGraphsTest, AMaskThatFloat32LosesIsRefused) {
  OnnxNode& mask = Node("mask", "Mul");
  mask.inputs[1] = testing::AddFloats(&model_, {}, {-1e5F});
  const std::string result = mask.outputs[0];
  mask.outputs[0] = "small";
  const OnnxNode far{.op_type = "Add",
                     .name = "far",
                     .inputs = {"small", testing::AddFloats(&model_, {}, {1e15F})},
                     .outputs = {"far"}};
  const OnnxNode back{.op_type = "Sub",
                      .name = "back",
                      .inputs = {"far", testing::AddFloats(&model_, {}, {1e15F})},
                      .outputs = {result}};
  const auto place = std::find_if(model_.nodes.begin(), model_.nodes.end(),
                                  [](const auto& node) { return node.outputs[0] == "small"; });
  model_.nodes.insert(model_.nodes.insert(place + 1, back), far);
  EXPECT_THAT(Refusal(), HasSubstr("layer.0/attention/Add"));
}

// A factor and its inverse cancel each other in double, and not what is lost between them in
// float32.
TEST_F(RefusedGraphsTest, AFactorThatLosesScoresIsRefused) {
  OnnxNode& scale = Node("layer.0/attention", "Mul");
  scale.inputs[1] = testing::AddFloats(&model_, {}, {1e-30F});
  EXPECT_THAT(Refusal(), HasSubstr("layer.0/attention/Mul"));
}

TEST_F(RefusedGraphsTest, OutputsThatAreNotThereAreRefused) {
  const auto encoder = testing::RecogniseFile(path(), "sentence_embedding");
  EXPECT_EQ(encoder.status().code(), StatusCode::kUnimplemented);
}

TEST_F(RefusedGraphsTest, FixedLengthsAreRefused) {
  model_.inputs[0].dims[1] = int64_t{16};
  EXPECT_THAT(Refusal(), HasSubstr("fixed size"));
}

TEST_F(RefusedGraphsTest, InputsOfOtherNamesAreRefused) {
  model_.inputs.push_back({.name = "position_ids",
                           .element = OnnxElement::kInt64,
                           .dims = {std::string("batch_size"), std::string("sequence_length")}});
  for (OnnxNode& node : model_.nodes) {
    if (node.op_type == "Gather" && node.inputs[1].starts_with("positions/")) {
      node.inputs[1] = "position_ids";
    }
  }
  EXPECT_THAT(Refusal(), HasSubstr("position_ids"));
}

}  // namespace
}  // namespace vetor
