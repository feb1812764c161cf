#include "formats/onnx/message_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "formats/onnx/graph_index.h"
#include "formats/onnx/schema.h"
#include "formats/onnx/tensor_reader.h"

namespace vetor {
namespace {

using ::testing::ElementsAre;

OnnxConstant TwoFloats() {
  const float numbers[] = {1.5F, -2.0F};
  OnnxConstant constant{.name = "c", .element = OnnxElement::kFloat, .dims = {2}, .bytes = {}};
  constant.bytes.assign(reinterpret_cast<const char*>(numbers), sizeof numbers);
  return constant;
}

TEST(OnnxMessageTest, ATensorIsReadAsItWasWritten) {
  const std::string bytes = OnnxTensorBytes(TwoFloats());
  const OnnxTensorView tensor = ReadOnnxTensor(ProtoMessage(bytes));
  EXPECT_EQ(tensor.name, "c");
  EXPECT_EQ(tensor.element, OnnxElement::kFloat);
  EXPECT_THAT(tensor.dims, ElementsAre(2));
  EXPECT_TRUE(tensor.has_raw);
  EXPECT_FALSE(tensor.has_reference || tensor.external);
  EXPECT_THAT(OnnxNumbers(tensor, 16), ElementsAre(1.5, -2.0));
  EXPECT_THAT(OnnxNumbers(tensor, 1), ElementsAre(1.5));
  ASSERT_TRUE(MeasureOnnxTensor(tensor).ok());
  EXPECT_EQ(MeasureOnnxTensor(tensor)->elements, 2U);
}

TEST(OnnxMessageTest, AReferenceIsReadAsItWasWritten) {
  const std::string whole = OnnxTensorBytes(TwoFloats());
  std::string bytes = OnnxTensorWithoutData(ReadOnnxTensor(ProtoMessage(whole)));
  AppendOnnxReference({.location = "w.bin", .offset = 4096, .length = 8}, &bytes);
  const OnnxTensorView tensor = ReadOnnxTensor(ProtoMessage(bytes));
  EXPECT_FALSE(tensor.has_raw);
  EXPECT_TRUE(tensor.external && tensor.has_reference);
  EXPECT_EQ(tensor.location, "w.bin");
  const auto place = OnnxPlaceOf(tensor);
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->offset, 4096U);
  EXPECT_EQ(place->length, 8U);
  EXPECT_EQ(MeasureOnnxTensor(tensor)->external_end, 4104U);
}

TEST(OnnxMessageTest, AGraphIsReadAsItWasWritten) {
  std::string graph;
  OnnxNode node{.op_type = "Add",
                .domain = {},
                .name = "n",
                .inputs = {"x", "c"},
                .outputs = {"y"},
                .attributes = {}};
  node.attributes = {
      {"axis", int64_t{-1}}, {"epsilon", 0.5F}, {"axes", std::vector<int64_t>{1, 2}}};
  AppendField(onnx::GraphProto::kNode, OnnxNodeBytes(node), &graph);
  node = {.op_type = "Constant",
          .domain = {},
          .name = "m",
          .inputs = {},
          .outputs = {"c"},
          .attributes = {{"value", TwoFloats()}}};
  AppendField(onnx::GraphProto::kNode, OnnxNodeBytes(node), &graph);
  const OnnxValueInfo x{
      .name = "x", .element = OnnxElement::kInt64, .dims = {std::string("batch"), int64_t{7}}};
  AppendField(onnx::GraphProto::kInput, OnnxValueBytes(x), &graph);
  AppendField(onnx::GraphProto::kOutput, OnnxValueBytes({.name = "y", .dims = {}}), &graph);

  std::string model;
  AppendField(onnx::ModelProto::kGraph, graph, &model);
  const auto view = OnnxGraphView::Read(model);
  ASSERT_TRUE(view.ok()) << view.status().ToString();
  const OnnxGraphIndex index(*view);
  ASSERT_EQ(index.nodes().size(), 2U);
  EXPECT_EQ(index.Producer("y"), &index.nodes()[0]);
  EXPECT_EQ(index.Producer("y", "Add", 2), &index.nodes()[0]);
  EXPECT_EQ(index.Producer("y", "Add", 3), nullptr);
  EXPECT_EQ(index.Producer("x"), nullptr);
  EXPECT_EQ(index.ConsumerCount("y"), 1U);  // It is the graph's output.
  EXPECT_THAT(index.Consumers("x"), ElementsAre(0));
  EXPECT_TRUE(index.HasInput("x"));
  ASSERT_NE(index.Constant("c"), nullptr);
  EXPECT_THAT(index.Constant("c")->values, ElementsAre(1.5, -2.0));
  EXPECT_THAT(OnnxInts(index.nodes()[0], "axis"), ElementsAre(-1));
  EXPECT_THAT(OnnxInts(index.nodes()[0], "axes"), ElementsAre(1, 2));
  EXPECT_EQ(OnnxFloat(index.nodes()[0], "epsilon"), 0.5);
  EXPECT_EQ(OnnxFloat(index.nodes()[0], "axis"), std::nullopt);

  const std::string value_bytes = OnnxValueBytes(x);
  const OnnxValue value = ReadOnnxValue(ProtoMessage(value_bytes));
  EXPECT_EQ(value.name, "x");
  EXPECT_EQ(value.element, OnnxElement::kInt64);
  EXPECT_THAT(value.dims, ElementsAre(-1, 7));
}

}  // namespace
}  // namespace vetor
