#include "formats/onnx/graph_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "formats/onnx/graph_index.h"
#include "formats/onnx/message_writer.h"
#include "formats/proto_rewrite.h"

namespace vetor {
namespace {

using onnx::AttributeProto;
using onnx::GraphProto;
using onnx::ModelProto;
using onnx::NodeProto;
using onnx::TensorProto;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Field(uint32_t number, std::string_view content) {
  std::string field;
  AppendField(number, content, &field);
  return field;
}

std::string Node(const std::string& op_type, const std::string& input, const std::string& output,
                 const std::string& attribute = {}) {
  return Field(GraphProto::kNode,
               Field(NodeProto::kInput, input) + Field(NodeProto::kOutput, output) +
                   Field(NodeProto::kOpType, op_type) +
                   (attribute.empty() ? "" : Field(NodeProto::kAttribute, attribute)));
}

std::string Inside(const std::string& graph) { return Field(AttributeProto::kGraph, graph); }

std::string Weight(const std::string& name) {
  return OnnxTensorBytes({.name = name,
                          .element = OnnxElement::kFloat,
                          .dims = {2},
                          // These are 1.5 and -2.
                          .bytes = std::string("\0\0\xC0\x3F\0\0\0\xC0", 8)});
}

std::string Output(const std::string& name) {
  return Field(GraphProto::kOutput, OnnxValueBytes({.name = name, .dims = {}}));
}

std::string Repeated(std::string_view part, size_t times) {
  std::string all;
  all.reserve(part.size() * times);
  for (size_t i = 0; i < times; ++i) all += part;
  return all;
}

std::string Model(const std::string& graph) { return Field(ModelProto::kGraph, graph); }

std::vector<std::string> OperatorsOf(std::span<const OnnxNodeView> nodes) {
  std::vector<std::string> operators;
  for (const OnnxNodeView& node : nodes) operators.emplace_back(node.op_type);
  return operators;
}

TEST(OnnxGraphViewTest, NodesOfTheGraphOfGraphsInsideAndOfFunctionsAreApart) {
  const std::string deepest = Node("Neg", "x", "n");
  const std::string branch =
      Node("If", "c", "i", Inside(deepest)) + Node("Abs", "w", "a") + Output("w");
  const std::string function = Field(onnx::FunctionProto::kNode, Field(NodeProto::kOpType, "Exp"));
  const std::string model = Model(Node("Add", "x", "y") + Node("Loop", "y", "z", Inside(branch)) +
                                  Node("Mul", "z", "out") + Output("out")) +
                            Field(ModelProto::kFunctions, function);
  const auto view = OnnxGraphView::Read(model);
  ASSERT_TRUE(view.ok()) << view.status().ToString();
  EXPECT_THAT(OperatorsOf(view->nodes()), ElementsAre("Add", "Loop", "Mul"));
  EXPECT_THAT(OperatorsOf(view->inner_nodes()), ElementsAre("Neg", "If", "Abs"));
  EXPECT_THAT(OperatorsOf(view->InnerNodes(view->nodes()[1])), ElementsAre("Neg", "If", "Abs"));
  EXPECT_TRUE(view->InnerNodes(view->nodes()[2]).empty());
  EXPECT_THAT(OperatorsOf(view->function_nodes()), ElementsAre("Exp"));
  EXPECT_THAT(view->inner_outputs(), ElementsAre("w"));
  EXPECT_THAT(view->nodes()[1].inputs, ElementsAre("y"));

  // A graph inside a node may read or return values from outside of it.
  const OnnxGraphIndex index(*view);
  EXPECT_EQ(index.Producer("y"), &index.nodes()[0]);
  EXPECT_THAT(index.Consumers("y"), ElementsAre(1));
  EXPECT_EQ(index.ConsumerCount("w"), 2U);
  EXPECT_EQ(index.ConsumerCount("out"), 1U);
  EXPECT_EQ(index.Producer("n"), nullptr);
}

TEST(OnnxGraphViewTest, TensorsAreViewsIntoTheBytesWithTheirNameAndRole) {
  const std::string constant =
      Field(AttributeProto::kName, "value") + Field(AttributeProto::kTensor, Weight("t"));
  const std::string branch = Field(GraphProto::kInitializer, Weight("inner"));
  const std::string model =
      Model(Node("Constant", "", "c", constant) + Field(GraphProto::kInitializer, Weight("w")) +
            Node("If", "c", "y", Inside(branch)));
  const auto view = OnnxGraphView::Read(model);
  ASSERT_TRUE(view.ok()) << view.status().ToString();
  ASSERT_EQ(view->tensors().size(), 3U);
  const std::vector<OnnxGraphTensor>& tensors = view->tensors();
  EXPECT_EQ(tensors[0].role, OnnxGraphTensor::kConstant);
  EXPECT_EQ(tensors[0].value, "c");
  EXPECT_EQ(tensors[1].role, OnnxGraphTensor::kInitializer);
  EXPECT_EQ(tensors[1].value, "w");
  EXPECT_EQ(tensors[2].role, OnnxGraphTensor::kOther);
  EXPECT_EQ(tensors[2].value, "inner");
  for (const OnnxGraphTensor& part : tensors) {
    EXPECT_EQ(part.size.elements, 2U);
    EXPECT_THAT(part.tensor.dims, ElementsAre(2));
    EXPECT_GE(part.tensor.raw.data(), model.data());
    EXPECT_LE(part.tensor.raw.data() + 8, model.data() + model.size());
    EXPECT_THAT(part.field, HasSubstr(part.tensor.raw));
  }
}

// A rewriter uses the places of fields; the lengths around them are written anew.
TEST(OnnxGraphViewTest, FieldsAreReplacedAtTheirPlaces) {
  const std::string branch = Field(GraphProto::kInitializer, Weight("inner"));
  const auto model_with = [&](const std::string& inside, const std::string& first) {
    return Field(ModelProto::kProducerName, "p") +
           Model(first + Node("If", "c", "y", Inside(inside)) + Node("Add", "y", "z")) +
           Field(ModelProto::kDocString, std::string(200, 'd'));
  };
  const std::string model = model_with(branch, "");
  const auto view = OnnxGraphView::Read(model);
  ASSERT_TRUE(view.ok()) << view.status().ToString();
  const std::string longer = Field(GraphProto::kInitializer, std::string(300, '\0'));
  const std::string first = Node("Neg", "c", "d") + Node("Abs", "d", "e");
  EXPECT_EQ(ReplaceFields(
                model, {{view->tensors()[0].field, longer}, {view->graph().substr(0, 0), first}}),
            model_with(longer, first));
  EXPECT_EQ(ReplaceFields(model, {{view->nodes()[0].field, first}, {view->nodes()[1].field, {}}}),
            Field(ModelProto::kProducerName, "p") + Model(first) +
                Field(ModelProto::kDocString, std::string(200, 'd')));
  EXPECT_EQ(ReplaceFields(model, {}), model);
}

TEST(OnnxGraphViewTest, NestingIsFollowedToItsBound) {
  std::string graph = Node("Add", "x", "y");
  for (int depth = 0; depth < kMaxOnnxGraphDepth; ++depth) {
    graph = Node("If", "x", "y", Inside(graph));
  }
  EXPECT_TRUE(OnnxGraphView::Read(Model(graph)).ok());
  const auto deeper = OnnxGraphView::Read(Model(Node("If", "x", "y", Inside(graph))));
  EXPECT_EQ(deeper.status().code(), StatusCode::kUnimplemented);
  EXPECT_THAT(deeper.status().message(), HasSubstr("nested more than 32 deep"));
}

// An empty node has two bytes in a file, and fifty times as much is kept of it.
TEST(OnnxGraphViewTest, AFileOfCountlessPartsIsRefused) {
  const std::vector<std::string> parts = {
      Field(GraphProto::kNode, ""), Field(GraphProto::kInitializer, ""),
      Field(GraphProto::kOutput, ""),
      Field(GraphProto::kNode, Field(NodeProto::kAttribute, Field(AttributeProto::kTensor, "")))};
  for (const std::string& part : parts) {
    const auto read = OnnxGraphView::Read(Model(Repeated(part, kMaxOnnxViewBytes / 64)));
    ASSERT_EQ(read.status().code(), StatusCode::kResourceExhausted);
    EXPECT_THAT(read.status().message(), HasSubstr("more than 128 MB"));
  }
  const std::string inputs = Repeated(Field(NodeProto::kInput, ""), kMaxOnnxViewBytes / 16);
  EXPECT_EQ(OnnxGraphView::Read(Model(Field(GraphProto::kNode, inputs))).status().code(),
            StatusCode::kResourceExhausted);
}

// Guards against a shape of a hundred million dimensions, which cost a gigabyte before it was
// refused.
TEST(OnnxGraphViewTest, AShapeOfCountlessDimensionsIsImpossible) {
  const std::string dims(size_t{1} << 20, '\1');
  const std::string tensor = Field(TensorProto::kDims, dims) + Weight("w");
  const auto read = OnnxGraphView::Read(Model(Field(GraphProto::kInitializer, tensor)));
  ASSERT_TRUE(read.ok()) << read.status().ToString();
  EXPECT_EQ(read->misfit().code(), StatusCode::kDataLoss);
  EXPECT_THAT(read->misfit().message(), HasSubstr("impossible shape"));
  EXPECT_LE(read->tensors()[0].tensor.dims.capacity(), 4 * kMostOnnxDims);
}

TEST(OnnxGraphViewTest, TheFirstFaultOfAFileIsTold) {
  std::string misfit = Weight("w");
  misfit += "\x08\x07";  // One more dimension, 7.
  const std::string graph = Field(GraphProto::kInitializer, misfit);
  const auto read = OnnxGraphView::Read(Model(graph));
  ASSERT_TRUE(read.ok()) << "others may read it";
  EXPECT_THAT(read->misfit().message(), HasSubstr("8 bytes of data, expected 56"));
  const auto twice = OnnxGraphView::Read(Model(graph) + Model(graph));
  EXPECT_EQ(twice.status().message(), read->misfit().message());
  EXPECT_THAT(OnnxGraphView::Read(Model("") + Model(graph)).status().message(),
              HasSubstr("more than one graph"));
}

}  // namespace
}  // namespace vetor
