#include "model/onnx_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "os/file.h"
#include "tests/model/graph_writer.h"

namespace vetor {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string ModelFile(const std::string& name) {
  auto bytes = ReadFile(std::string(VETOR_TEST_DATA_DIR "/model/") + name);
  EXPECT_TRUE(bytes.ok()) << bytes.status().ToString();
  return *std::move(bytes);
}

OnnxGraphFacts Facts(const std::string& bytes) {
  auto graph = ReadOnnxGraph(bytes, "test.onnx");
  EXPECT_TRUE(graph.ok()) << graph.status().ToString();
  return graph.ok() ? graph->facts : OnnxGraphFacts();
}

std::vector<std::string> Names(const std::vector<OnnxValue>& values) {
  std::vector<std::string> names;
  for (const OnnxValue& value : values) names.push_back(value.name);
  return names;
}

TestTensor Matrix(const std::string& name, int type, size_t element_bytes, int64_t columns = 8) {
  return {
      name, type, {4, columns}, std::string(4 * static_cast<size_t>(columns) * element_bytes, 'x')};
}

TEST(OnnxGraphTest, ReadsTheFactsOfABert) {
  const OnnxGraphFacts facts = Facts(ModelFile("tiny-bert/model.onnx"));
  EXPECT_EQ(facts.opset, 14);
  EXPECT_THAT(Names(facts.inputs), ElementsAre("input_ids", "attention_mask", "token_type_ids"));
  EXPECT_THAT(Names(facts.outputs), ElementsAre("last_hidden_state"));
  EXPECT_EQ(facts.inputs[0].element, OnnxElement::kInt64);
  EXPECT_THAT(facts.inputs[0].dims, ElementsAre(-1, -1));
  EXPECT_EQ(facts.outputs[0].element, OnnxElement::kFloat);
  EXPECT_THAT(facts.outputs[0].dims, ElementsAre(-1, -1, 32));
  EXPECT_FALSE(facts.dynamic_int8);
  EXPECT_EQ(facts.precision, "fp32");
  EXPECT_EQ(facts.position_rows, 64);
  EXPECT_TRUE(facts.external_files.empty());
}

TEST(OnnxGraphTest, RecognisesDynamicInt8AndHalf) {
  const OnnxGraphFacts quantized = Facts(ModelFile("tiny-bert/model_quantized.onnx"));
  EXPECT_TRUE(quantized.dynamic_int8);
  EXPECT_EQ(quantized.precision, "int8");
  EXPECT_EQ(quantized.position_rows, 64);
  const OnnxGraphFacts half = Facts(ModelFile("tiny-bert/model_fp16.onnx"));
  EXPECT_FALSE(half.dynamic_int8);
  EXPECT_EQ(half.precision, "fp16");
  EXPECT_EQ(half.position_rows, 64);
}

TEST(OnnxGraphTest, ListsExternalFilesWithTheBytesTheyMustHave) {
  const auto graph = ReadOnnxGraph(ModelFile("external/model.onnx"), "test.onnx");
  ASSERT_TRUE(graph.ok());
  EXPECT_THAT(graph->facts.external_files, ElementsAre("model.onnx_data"));
  EXPECT_EQ(graph->external_bytes.at("model.onnx_data"), 160U * 8 * 4);
}

TEST(OnnxGraphTest, FindsDynamicQuantizeLinearInsideASubgraph) {
  TestGraph inner;
  inner.nodes = {NodeBytes("DynamicQuantizeLinear", {"x"})};
  std::string branch;
  protozero::pbf_writer(branch).add_message(6, inner.Bytes());
  TestGraph graph;
  graph.nodes = {NodeBytes("If", {"condition"}, {branch})};
  const OnnxGraphFacts facts = Facts(ModelBytes(graph.Bytes()));
  EXPECT_TRUE(facts.dynamic_int8);
  // The inputs of the inner graph are not listed.
  EXPECT_THAT(Names(facts.inputs), ElementsAre("input_ids"));
}

TEST(OnnxGraphTest, FindsDynamicQuantizeLinearInsideAFunction) {
  std::string function;
  protozero::pbf_writer(function).add_message(7, NodeBytes("DynamicQuantizeLinear", {"x"}));
  TestGraph graph;
  graph.nodes = {NodeBytes("MyFunction", {"input_ids"})};
  EXPECT_TRUE(Facts(ModelBytes(graph.Bytes(), {function})).dynamic_int8);
  EXPECT_FALSE(Facts(ModelBytes(graph.Bytes())).dynamic_int8);
}

TEST(OnnxGraphTest, InitialisersThatAreListedAsInputsAreNotInputs) {
  TestGraph graph;
  graph.nodes = {NodeBytes("MatMul", {"input_ids", "w"})};
  graph.inputs = {"w", "input_ids"};
  graph.tensors = {TensorBytes(Matrix("w", 1, 4))};
  EXPECT_THAT(Names(Facts(ModelBytes(graph.Bytes())).inputs), ElementsAre("input_ids"));
}

TEST(OnnxGraphTest, PrecisionIsThatOfTheMatricesNotOfLookupTables) {
  TestGraph graph;
  graph.nodes = {NodeBytes("Gather", {"words", "input_ids"}),
                 NodeBytes("MatMulInteger", {"x", "w"})};
  graph.tensors = {TensorBytes(Matrix("words", 1, 4, 1000)), TensorBytes(Matrix("w", 3, 1))};
  EXPECT_EQ(Facts(ModelBytes(graph.Bytes())).precision, "int8");
  graph.tensors.pop_back();
  EXPECT_EQ(Facts(ModelBytes(graph.Bytes())).precision, "fp32");  // It has nothing but the table.
}

TEST(OnnxGraphTest, PackedWeightsCountByTheirBits) {
  std::string bits;
  protozero::pbf_writer writer(bits);
  writer.add_string(1, "bits");
  writer.add_int64(3, 4);
  TestGraph graph;
  graph.nodes = {NodeBytes("MatMulNBits", {"x", "w"}, {bits})};
  graph.tensors = {TensorBytes(Matrix("w", 2, 1, 100)), TensorBytes(Matrix("v", 1, 4, 150))};
  EXPECT_EQ(Facts(ModelBytes(graph.Bytes())).precision, "int4");
}

TEST(OnnxGraphTest, ConstantNodesHoldWeightsToo) {
  std::string attribute;
  protozero::pbf_writer(attribute).add_message(5, TensorBytes(Matrix("", 10, 2)));
  TestGraph graph;
  graph.nodes = {NodeBytes("Constant", {}, {attribute})};
  EXPECT_EQ(Facts(ModelBytes(graph.Bytes())).precision, "fp16");
}

TEST(OnnxGraphTest, Row17EveryTruncationIsRefused) {
  const std::string bytes = ModelFile("valid/token_embeddings.onnx");
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto graph = ReadOnnxGraph(std::string_view(bytes).substr(0, size), "cut.onnx");
    ASSERT_FALSE(graph.ok()) << size;
    ASSERT_EQ(graph.status().code(), StatusCode::kDataLoss) << size;
    ASSERT_THAT(graph.status().message(), AllOf(HasSubstr("cut.onnx"), HasSubstr("again")));
  }
}

TEST(OnnxGraphTest, Row17GarbageIsRefusedInWords) {
  for (const std::string& bytes :
       {std::string("<!DOCTYPE html><html>Sign in</html>"), std::string("hello"),
        std::string(1000, '\0'), std::string(1000, '\xFF'), std::string("{\"a\": 1}"),
        std::string("PK\x03\x04")}) {
    const auto graph = ReadOnnxGraph(bytes, "junk.onnx");
    ASSERT_FALSE(graph.ok());
    EXPECT_EQ(graph.status().code(), StatusCode::kDataLoss);
  }
  EXPECT_THAT(ReadOnnxGraph("<!DOCTYPE html>", "junk.onnx").status().message(),
              HasSubstr("web page"));
}

TEST(OnnxGraphTest, FlippedBytesNeverCrash) {
  std::mt19937 random(11);
  for (const char* name : {"valid/token_embeddings.onnx", "external/model.onnx"}) {
    const std::string bytes = ModelFile(name);
    for (int round = 0; round < 3000; ++round) {
      std::string damaged = bytes;
      for (int i = 0; i < 3; ++i) {
        damaged[random() % damaged.size()] = static_cast<char>(random());
      }
      const auto graph = ReadOnnxGraph(damaged, "damaged.onnx");
      EXPECT_TRUE(!graph.ok() || !graph->facts.outputs.empty());
    }
  }
}

TEST(OnnxGraphTest, DataThatDoesNotFitItsShapeIsRefused) {
  TestGraph graph;
  graph.nodes = {NodeBytes("MatMul", {"x", "w"})};
  TestTensor tensor = Matrix("w", 1, 4);
  tensor.raw_data.pop_back();
  graph.tensors = {TensorBytes(tensor)};
  const auto short_data = ReadOnnxGraph(ModelBytes(graph.Bytes()), "test.onnx");
  EXPECT_EQ(short_data.status().code(), StatusCode::kDataLoss);
  EXPECT_THAT(short_data.status().message(),
              AllOf(HasSubstr("\"w\""), HasSubstr("127"), HasSubstr("128")));
  for (const std::vector<int64_t>& dims :
       {std::vector<int64_t>{-4, 8}, {int64_t{1} << 40, int64_t{1} << 40}}) {
    tensor.dims = dims;
    graph.tensors = {TensorBytes(tensor)};
    EXPECT_EQ(ReadOnnxGraph(ModelBytes(graph.Bytes()), "test.onnx").status().code(),
              StatusCode::kDataLoss);
  }
}

// The runtime would take the bytes for std::string objects, with numbers of the file as pointers.
TEST(OnnxGraphTest, RawBytesOfATypeWithoutASizeAreRefused) {
  for (const int type : {0, 8}) {  // undefined, string
    TestGraph graph;
    graph.nodes = {NodeBytes("Gather", {"w", "x"})};
    graph.tensors = {TensorBytes({"w", type, {2048}, std::string(2048 * 32, 'A')})};
    const auto read = ReadOnnxGraph(ModelBytes(graph.Bytes()), "test.onnx");
    EXPECT_EQ(read.status().code(), StatusCode::kDataLoss) << type;
    EXPECT_THAT(read.status().message(), HasSubstr("raw bytes"));
  }
}

// A tensor [4, 8] whose data lie in another file, and its data_location.
std::string ExternalTensor(const std::string& location, uint64_t data_location) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  const std::vector<int64_t> dims = {4, 8};
  writer.add_packed_int64(1, dims.begin(), dims.end());
  writer.add_int32(2, 1);
  writer.add_string(8, "w");
  std::string entry;
  protozero::pbf_writer entry_writer(entry);
  entry_writer.add_string(1, "location");
  entry_writer.add_string(2, location);
  writer.add_message(13, entry);
  writer.add_uint64(14, data_location);
  return bytes;
}

// protobuf cuts an enum to 32 bits, so 2^32 + 1 is EXTERNAL for the runtime too.
TEST(OnnxGraphTest, ExternalDataIsSeenAsTheRuntimeSeesIt) {
  for (const uint64_t data_location : {uint64_t{1}, (uint64_t{1} << 32) + 1}) {
    TestGraph graph;
    graph.nodes = {NodeBytes("Gather", {"w", "x"})};
    graph.tensors = {ExternalTensor("other.bin", data_location)};
    const auto read = ReadOnnxGraph(ModelBytes(graph.Bytes()), "test.onnx");
    ASSERT_TRUE(read.ok()) << read.status().ToString();
    EXPECT_THAT(read->facts.external_files, ::testing::ElementsAre("other.bin"));
  }
}

// protobuf merges the two, so the second may name another file for the data of the first.
TEST(OnnxGraphTest, AMessageThatStandsTwiceWhereOneBelongsIsRefused) {
  const std::string tensor = TensorBytes(Matrix("w", 1, 4));
  std::string twice;
  protozero::pbf_writer attribute(twice);
  attribute.add_string(1, "value");
  attribute.add_message(5, tensor);
  attribute.add_message(5, ExternalTensor("other.bin", 0));
  TestGraph graph;
  graph.nodes = {NodeBytes("Constant", {}, {twice})};
  EXPECT_EQ(ReadOnnxGraph(ModelBytes(graph.Bytes()), "test.onnx").status().code(),
            StatusCode::kDataLoss);
  graph.nodes = {NodeBytes("Add", {"x"})};
  std::string model = ModelBytes(graph.Bytes());
  EXPECT_TRUE(ReadOnnxGraph(model, "test.onnx").ok());
  protozero::pbf_writer(model).add_message(7, graph.Bytes());
  EXPECT_EQ(ReadOnnxGraph(model, "test.onnx").status().code(), StatusCode::kDataLoss);
}

TEST(OnnxGraphTest, DeepNestingIsRefusedNotFollowed) {
  TestGraph graph;
  graph.nodes = {NodeBytes("Add", {"x"})};
  for (int depth = 0; depth < 1000; ++depth) {
    std::string attribute;
    protozero::pbf_writer(attribute).add_message(6, graph.Bytes());
    graph.nodes = {NodeBytes("If", {"x"}, {attribute})};
  }
  EXPECT_EQ(ReadOnnxGraph(ModelBytes(graph.Bytes()), "test.onnx").status().code(),
            StatusCode::kUnimplemented);
}

// docs/faults.md, row 23: names from a file must not reach a log as they are.
TEST(OnnxGraphTest, Row23DirtyNamesAreEscapedInMessages) {
  TestGraph graph;
  graph.nodes = {NodeBytes("MatMul", {"x", "w"})};
  TestTensor tensor = Matrix("bad\xFF\n\x1B[31mname", 1, 4);
  tensor.raw_data.clear();
  graph.tensors = {TensorBytes(tensor)};
  const std::string message =
      ReadOnnxGraph(ModelBytes(graph.Bytes()), "test.onnx").status().message();
  EXPECT_THAT(message, HasSubstr("bad\xEF\xBF\xBD\\x0a\\x1b[31mname"));
}

// The table that a text's ids look up is found behind nodes that change no index.
TEST(OnnxGraphTest, TheRowsOfTheWordTableAreFound) {
  const auto rows = [](const std::string& table, const std::string& indices) {
    TestGraph graph;
    graph.tensors = {
        TensorBytes({.name = "words", .dims = {5, 2}, .raw_data = std::string(40, 0)}),
        TensorBytes({.name = "types", .dims = {2, 2}, .raw_data = std::string(16, 0)})};
    graph.nodes = {NodeBytes("Cast", {"input_ids"}), NodeBytes("DequantizeLinear", {"words", "s"}),
                   NodeBytes("Gather", {table, indices})};
    const auto read = ReadOnnxGraph(ModelBytes(graph.Bytes()), "m.onnx");
    EXPECT_TRUE(read.ok()) << read.status().ToString();
    return read.ok() ? read->facts.word_rows : -1;
  };
  EXPECT_EQ(rows("words", "input_ids"), 5);
  EXPECT_EQ(rows("out of DequantizeLinear", "out of Cast"), 5);
  EXPECT_EQ(rows("types", "token_type_ids"), 0);
  EXPECT_EQ(rows("out of Gather", "input_ids"), 0);
}

TEST(OnnxGraphTest, TheRuntimesOwnFormIsNamed) {
  const auto read = ReadOnnxGraph(std::string("\x18\0\0\0ORTM and so on", 18), "m.onnx");
  EXPECT_EQ(read.status().code(), StatusCode::kDataLoss);
  EXPECT_THAT(read.status().message(), ::testing::HasSubstr("ORT format, expected .onnx"));
}

}  // namespace
}  // namespace vetor
