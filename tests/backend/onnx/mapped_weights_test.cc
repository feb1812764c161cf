#include "backend/onnx/mapped_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "backend/onnx/onnx_backend.h"
#include "os/file.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kFloat = 1;  // A number of TensorProto.DataType.
constexpr int kInt8 = 3;
constexpr int kFloat16 = 10;
constexpr const char* kOpset = "\x10\x0e";  // Operator set version 14.

struct Tensor {
  int type = kFloat;
  int64_t elements = 0;
  std::string data;
  std::string doc;       // Field 12, which stands in front of the data and moves them.
  std::string location;  // Fields 13 and 14, for a tensor that is external already.
};

std::string TensorBytes(const Tensor& tensor) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_int64(1, tensor.elements);
  writer.add_enum(2, tensor.type);
  writer.add_string(8, "w");
  if (!tensor.doc.empty()) writer.add_string(12, tensor.doc);
  if (!tensor.location.empty()) {
    writer.add_string(13, "\x0a\x08location\x12\x01" + tensor.location);
    writer.add_enum(14, 1);
  }
  if (!tensor.data.empty()) writer.add_string(9, tensor.data);
  return bytes;
}

// A model with one meaningless node, the tensors, and a field behind the graph.
std::string ModelBytes(const std::vector<Tensor>& tensors) {
  std::string graph;
  protozero::pbf_writer writer(graph);
  writer.add_string(1, "\x22\x04node");  // op_type
  for (const Tensor& tensor : tensors) writer.add_message(5, TensorBytes(tensor));
  writer.add_string(2, "graph name");
  std::string model;
  protozero::pbf_writer model_writer(model);
  model_writer.add_int64(1, 8);
  model_writer.add_message(7, graph);
  model_writer.add_string(8, kOpset);
  return model;
}

// The tensor; if it has a reference, the next weight that was taken out replaces it.
std::string PutBackTensor(protozero::pbf_reader tensor, std::vector<std::string_view>* weights) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  std::map<std::string, std::string> entries;
  while (tensor.next()) {
    if (tensor.tag() == 13) {
      protozero::pbf_reader entry = tensor.get_message();
      entry.next();
      const std::string key = entry.get_string();
      entry.next();
      entries[key] = entry.get_string();
    } else if (tensor.tag() == 14) {
      EXPECT_EQ(tensor.get_enum(), 1);
    } else if (tensor.tag() <= 2) {
      writer.add_int64(tensor.tag(), tensor.get_int64());
    } else {
      writer.add_string(tensor.tag(), tensor.get_string());
    }
  }
  if (entries.empty()) return bytes;
  EXPECT_EQ(entries["location"], kNoWeightsFile);
  const std::string_view data = weights->front();
  weights->erase(weights->begin());
  EXPECT_EQ(entries["length"], std::to_string(data.size()));
  writer.add_string(9, std::string(data));
  return bytes;
}

// Rebuilds the model that ModelBytes made, from its graph with references and the weights.
std::string PutBack(const MappedGraph& taken) {
  std::vector<std::string_view> weights;
  for (const TakenWeight& weight : taken.others) weights.push_back(weight.data);
  std::string graph_bytes;
  protozero::pbf_writer graph_writer(graph_bytes);
  protozero::pbf_reader model(taken.graph.data(), taken.graph.size());
  EXPECT_TRUE(model.next(7));
  for (protozero::pbf_reader graph = model.get_message(); graph.next();) {
    if (graph.tag() == 5) {
      graph_writer.add_message(5, PutBackTensor(graph.get_message(), &weights));
    } else {
      graph_writer.add_string(graph.tag(), graph.get_string());
    }
  }
  EXPECT_TRUE(model.next(8));
  EXPECT_EQ(model.get_string(), kOpset);
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_int64(1, 8);
  writer.add_message(7, graph_bytes);
  writer.add_string(8, kOpset);
  return bytes;
}

std::string Pattern(size_t bytes) {
  std::string data(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i) data[i] = static_cast<char>(i * 7 % 251);
  return data;
}

// A model's bytes, and those of the files beside it.
struct Files {
  std::string_view graph;
  ExternalBytes external = {};
};

// The views in the result point into the files.
Result<MappedGraph> TakeFrom(const Files& files, const TakeOutOptions& options = {}) {
  const Result<OnnxGraphView> view = OnnxGraphView::Read(files.graph);
  if (!view.ok()) return view.status();
  return TakeOutWeights(*view, files.external, options);
}

MappedGraph Take(const std::string& model, const TakeOutOptions& options = {}) {
  auto taken = TakeFrom({.graph = model}, options);
  EXPECT_TRUE(taken.ok()) << taken.status().ToString();
  return taken.ok() ? *std::move(taken) : MappedGraph();
}

uint64_t BytesOf(const std::vector<TakenWeight>& weights) {
  uint64_t bytes = 0;
  for (const TakenWeight& weight : weights) bytes += weight.data.size();
  return bytes;
}

// Whatever lies in front of a weight, the references and the weights together are the model.
TEST(TakeOutWeightsTest, LargeWeightsAreTakenOutWhereverTheyLie) {
  const std::string data = Pattern(kLeastMappedBytes);
  int aligned = 0;
  for (size_t blanks = 1; blanks <= 8; ++blanks) {
    const std::string model = ModelBytes({{.elements = static_cast<int64_t>(data.size()) / 4,
                                           .data = data,
                                           .doc = std::string(blanks, ' ')}});
    const MappedGraph taken = Take(model);
    ASSERT_EQ(taken.others.size(), 1U) << blanks;
    EXPECT_EQ(taken.others[0].data, data);
    EXPECT_LT(taken.graph.size(), 300U) << blanks;
    EXPECT_EQ(PutBack(taken), model) << blanks;
    aligned += taken.others[0].aligned ? 1 : 0;
  }
  EXPECT_EQ(aligned, 2);
}

TEST(TakeOutWeightsTest, SmallWeightsStay) {
  const std::string large = Pattern(kLeastMappedBytes + 3);
  const std::string small = Pattern(kLeastMappedBytes - 1);
  const std::string model =
      ModelBytes({{kInt8, static_cast<int64_t>(large.size()), large, "x", ""},
                  {kInt8, static_cast<int64_t>(small.size()), small, "", ""},
                  {kInt8, static_cast<int64_t>(large.size()), large, "yy", ""}});
  const MappedGraph taken = Take(model);
  EXPECT_EQ(BytesOf(taken.others), 2 * large.size());
  EXPECT_THAT(taken.graph, HasSubstr(small));
  EXPECT_EQ(PutBack(taken), model);
}

// Data in other files are handed over too, or come into the graph, so the runtime has no path to
// read.
TEST(TakeOutWeightsTest, ExternalDataIsTakenFromItsFile) {
  for (const size_t bytes : {kLeastMappedBytes, uint64_t{100}}) {
    const std::string data = Pattern(bytes);
    const std::string model = ModelBytes({{kInt8, static_cast<int64_t>(bytes), "", "", "f"}});
    const auto taken =
        TakeFrom({.graph = model, .external = {{"f", data}}}, {.take_others = false});
    ASSERT_TRUE(taken.ok()) << taken.status().ToString();
    if (bytes == 100) {
      EXPECT_THAT(taken->graph, HasSubstr(data));
      EXPECT_THAT(taken->graph, Not(HasSubstr("location")));
    } else {
      ASSERT_EQ(taken->others.size(), 1U);
      EXPECT_EQ(taken->others[0].data.data(), data.data());
    }
    for (const std::string& file : {std::string(), data.substr(1)}) {
      const Files cut{.graph = model, .external = {{"f", file}}};
      EXPECT_EQ(TakeFrom(cut).status().code(), StatusCode::kDataLoss);
    }
    EXPECT_EQ(TakeFrom({.graph = model}).status().code(), StatusCode::kDataLoss);
  }
}

// A tensor of a node, even of a graph inside a node, cannot be handed over by name.
TEST(TakeOutWeightsTest, ExternalDataOfConstantsComesIntoTheGraph) {
  const std::string data = Pattern(kLeastMappedBytes);
  std::string constant;
  protozero::pbf_writer(constant).add_message(
      5, TensorBytes({kInt8, static_cast<int64_t>(data.size()), "", "", "f"}));
  std::string node;
  protozero::pbf_writer(node).add_message(5, constant);
  std::string inner;
  protozero::pbf_writer(inner).add_message(1, node);
  std::string branch;
  protozero::pbf_writer(branch).add_message(6, inner);
  std::string outer;
  protozero::pbf_writer(outer).add_message(5, branch);
  for (const std::string& place : {node, outer}) {
    std::string graph;
    protozero::pbf_writer(graph).add_message(1, place);
    std::string model;
    protozero::pbf_writer(model).add_message(7, graph);
    const auto taken = TakeFrom({.graph = model, .external = {{"f", data}}});
    ASSERT_TRUE(taken.ok()) << taken.status().ToString();
    EXPECT_THAT(taken->graph, HasSubstr(data));
    EXPECT_THAT(taken->graph, Not(HasSubstr("location")));
    EXPECT_TRUE(taken->others.empty());
  }
}

// The runtime took bytes that are not numbers for std::string objects, with the file's pointers in
// them. The other cases are elements and bytes that do not fit each other, and a shape of zero.
TEST(TakeOutWeightsTest, AWeightThatIsNotAnArrayOfNumbersIsLeftToTheRuntime) {
  const std::string data = Pattern(kLeastMappedBytes);
  const auto bytes = static_cast<int64_t>(data.size());
  constexpr int kString = 8;
  constexpr int kInt4 = 22;
  for (const Tensor& tensor :
       {Tensor{kString, bytes / 32, data, "", ""}, Tensor{kInt4, bytes, data, "", ""},
        Tensor{kInt8, 0, data, "", ""}, Tensor{kInt8, 60'000, data, "", ""},
        Tensor{kFloat, bytes / 8, data, "", ""}, Tensor{kFloat, -1, data, "", ""}}) {
    const MappedGraph taken = Take(ModelBytes({tensor}));
    EXPECT_TRUE(taken.others.empty() && taken.graph.empty()) << tensor.type;
  }
}

TEST(TakeOutWeightsTest, EveryCutOffModelIsDataLossOrLeftToTheRuntime) {
  const std::string data = Pattern(kLeastMappedBytes);
  const std::string model = ModelBytes({{kInt8, static_cast<int64_t>(data.size()), data, "", ""}});
  int refused = 0;
  for (size_t size = 0; size < model.size(); size += size < 60 ? 1 : 997) {
    const auto taken = TakeFrom({.graph = std::string_view(model).substr(0, size)});
    if (taken.ok()) continue;
    EXPECT_EQ(taken.status().code(), StatusCode::kDataLoss);
    ++refused;
  }
  EXPECT_GT(refused, 60);
}

std::string NodeBytes(std::string_view op_type, const std::vector<std::string>& inputs) {
  std::string node;
  protozero::pbf_writer writer(node);
  for (const std::string& input : inputs) writer.add_string(1, input);
  writer.add_string(4, op_type.data(), op_type.size());
  return node;
}

Tensor ReluWeight() {
  return {
      .elements = int64_t{kLeastMappedBytes} / 4, .data = Pattern(kLeastMappedBytes), .doc = "x"};
}

Tensor HalfWeight() {
  return {.type = kFloat16,
          .elements = int64_t{kLeastMappedBytes} / 2,
          .data = Pattern(kLeastMappedBytes),
          .doc = "x"};
}

// Makes a graph of these nodes with one weight "w".
std::string GraphBytes(const std::vector<std::string>& nodes, std::string_view output = "y",
                       const Tensor& weight = ReluWeight()) {
  std::string graph;
  protozero::pbf_writer writer(graph);
  writer.add_message(5, TensorBytes(weight));
  for (const std::string& node : nodes) writer.add_message(1, node);
  std::string value;
  protozero::pbf_writer(value).add_string(1, output.data(), output.size());
  writer.add_message(12, value);
  return graph;
}

std::string ModelOf(const std::string& graph) {
  std::string model;
  protozero::pbf_writer(model).add_message(7, graph);
  return model;
}

// A node whose attribute is a graph.
std::string NodeAround(const std::string& graph) {
  std::string attribute;
  protozero::pbf_writer(attribute).add_message(6, graph);
  std::string node = NodeBytes("If", {"condition"});
  protozero::pbf_writer(node).add_message(5, attribute);
  return node;
}

size_t SharedOf(const std::string& graph) {
  const MappedGraph taken = Take(ModelOf(graph), {.share = true, .take_others = false});
  EXPECT_EQ(!taken.graph.empty(), !taken.shared.empty());
  return taken.shared.size();
}

// A weight is shared only if the runtime folds nothing into it, because it does not fold weights
// that it is given.
TEST(TakeOutWeightsTest, WeightsThatNodesTakeAsTheyAreAreShared) {
  const std::string product = NodeBytes("MatMul", {"x", "w"});
  EXPECT_EQ(SharedOf(GraphBytes({product})), 1U);
  EXPECT_EQ(SharedOf(GraphBytes({NodeBytes("Gather", {"w", "x"}), product})), 1U);
  EXPECT_EQ(SharedOf(GraphBytes({NodeAround(GraphBytes({product}))})), 1U);
  EXPECT_EQ(SharedOf(GraphBytes({NodeBytes("MatMul", {"w", "x"})})), 0U) << "the other side";
  EXPECT_EQ(SharedOf(GraphBytes({NodeBytes("Transpose", {"w"})})), 0U);
  EXPECT_EQ(SharedOf(GraphBytes({product, NodeBytes("Add", {"x", "w"})})), 0U);
  EXPECT_EQ(SharedOf(GraphBytes({NodeBytes("Add", {"x", "w"}), product})), 0U);
  EXPECT_EQ(SharedOf(GraphBytes({product, NodeAround(GraphBytes({NodeBytes("Neg", {"w"})}))})), 0U);
  EXPECT_EQ(SharedOf(GraphBytes({product}, "w")), 0U) << "an output of the graph";
  EXPECT_EQ(SharedOf(GraphBytes({})), 0U) << "read by nobody";
}

// Guards against fp16 models that opened with two errors in the log in the most usual case: on a
// CPU a product has a Cast before a half float weight, and the runtime folds the weight into it.
TEST(TakeOutWeightsTest, HalfFloatsOfProductsAreNotShared) {
  const std::string product = NodeBytes("MatMul", {"x", "w"});
  const std::string table = NodeBytes("Gather", {"w", "x"});
  EXPECT_EQ(SharedOf(GraphBytes({product}, "y", HalfWeight())), 0U);
  EXPECT_EQ(SharedOf(GraphBytes({table}, "y", HalfWeight())), 1U);
  EXPECT_EQ(SharedOf(GraphBytes({table, product}, "y", HalfWeight())), 0U);
}

TEST(TakeOutWeightsTest, SharedWeightsSayWhereTheyLie) {
  const std::string model = ModelOf(GraphBytes({NodeBytes("MatMul", {"x", "w"})}));
  const std::string data = Pattern(kLeastMappedBytes);
  const MappedGraph taken = Take(model, {.share = true});
  ASSERT_EQ(taken.shared.size(), 1U);
  const TakenWeight& weight = taken.shared[0];
  EXPECT_EQ(weight.name, "w");
  EXPECT_EQ(weight.element, OnnxElement::kFloat);
  EXPECT_THAT(weight.dims, ::testing::ElementsAre(static_cast<int64_t>(data.size()) / 4));
  EXPECT_EQ(weight.data, data);
}

#ifdef __linux__
std::string MapsOfThisProcess() { return *ReadFile("/proc/self/maps"); }

// The real MiniLM, opened by its own path and through a link as in a hub cache. Whether its weights
// are mapped or copied, the hidden states are the same to the last bit.
TEST(MappedWeightsTest, AMappedModelAnswersAsACopiedOneToTheLastBit) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  const auto graph = testing::FetchedModel("all-MiniLM-L6-v2") / "model.onnx";
  VETOR_SKIP_WITHOUT(graph);
  const TemporaryFolder folder;
  std::filesystem::create_symlink(graph, folder / "linked.onnx");
  const std::string real = std::filesystem::canonical(graph).string();
  OnnxBackendOptions options{
      .graph = graph, .library_path = testing::TestRuntime(), .providers = {"cpu"}};
  const TokenBatch batch{.token_ids = {101, 2023, 2003, 1037, 3231, 102}, .row_begin = {0, 6}};

  options.map_weights = false;
  const auto copied = OpenOnnxBackend(options);
  ASSERT_TRUE(copied.ok()) << copied.status().ToString();
  EXPECT_THAT(MapsOfThisProcess(), Not(HasSubstr(real)));
  const auto expected = (*copied)->Run(batch);
  ASSERT_TRUE(expected.ok());

  options.map_weights = true;
  for (const std::filesystem::path& path : {graph, folder / "linked.onnx"}) {
    options.graph = path;
    const auto mapped = OpenOnnxBackend(options);
    ASSERT_TRUE(mapped.ok()) << mapped.status().ToString();
    EXPECT_THAT(MapsOfThisProcess(), HasSubstr(real)) << path;
    const auto output = (*mapped)->Run(batch);
    ASSERT_TRUE(output.ok());
    ASSERT_TRUE(std::equal(output->values.begin(), output->values.end(), expected->values.begin(),
                           expected->values.end()));
  }
}
#endif

}  // namespace
}  // namespace vetor
