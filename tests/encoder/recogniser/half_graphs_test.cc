// Each family from its checkpoint to a graph in fp16 and back: our own kernels compute in float32
// with the weights of the file.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "encoder/recogniser/graph_encoder.h"
#include "engine/native_check.h"
#include "exporter/graph/graph_writer.h"
#include "formats/onnx/onnx_file.h"
#include "tests/encoder/recogniser/loaded_graph.h"
#include "tests/encoder/recogniser/other_graphs.h"
#include "tests/encoder/tiny_checkpoint.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

Status WriteHalf(const Encoder& encoder, int opset, const std::filesystem::path& path) {
  const FloatLinear linear(OnnxElement::kFloat16);
  const FloatEmbedding embedding(OnnxElement::kFloat16);
  return WriteGraph(encoder, {.opset = opset, .linear = &linear, .embedding = &embedding}, path);
}

class HalfGraphsTest : public ::testing::TestWithParam<std::tuple<std::string, int>> {};

TEST_P(HalfGraphsTest, TheGraphIsTheCheckpointWithRoundedWeights) {
  const auto& [family, opset] = GetParam();
  const auto original = testing::OpenTiny(family);
  ASSERT_TRUE(original.ok()) << original.status().ToString();
  const TemporaryFolder folder;
  const auto path = folder / "model.onnx";
  ASSERT_TRUE(WriteHalf(*original, opset, path).ok());
  const auto recognised = testing::RecogniseFile(path);
  ASSERT_TRUE(recognised.ok()) << recognised.status().ToString();
  // The weights stay as they lie in the file.
  EXPECT_EQ(recognised->word.type, WeightType::kFloat16);
  EXPECT_EQ(recognised->layers[0].feed_forward.up.weight.type, WeightType::kFloat16);
  const std::string_view file = recognised->weights->files()[0]->bytes();
  const char* const weight = recognised->layers[0].feed_forward.up.weight.bytes.data();
  EXPECT_TRUE(weight >= file.data() && weight < file.data() + file.size());

  const auto texts = testing::TextsFor(*original);
  const auto rounded = testing::ReferenceVectors(*recognised, texts);
  const auto native = testing::NativeVectors(*recognised, texts);
  const auto exact = testing::ReferenceVectors(*original, texts);
  ASSERT_TRUE(rounded.ok() && native.ok() && exact.ok());
  EXPECT_LE(testing::Furthest(*native, *rounded), 3e-6);
  EXPECT_LE(testing::Furthest(*rounded, *exact), kMostHalfDifference);
  RecordProperty("weights", std::to_string(testing::Furthest(*rounded, *exact)));

  if (!std::filesystem::exists(testing::TestRuntime())) return;
  // Without the roundings of its casts the graph gives the same vectors. With them it gives vectors
  // that lie within what an opening accepts, and nowhere near the vectors of ours.
  const int64_t padding = testing::PaddingOf(*recognised);
  const auto model = testing::LoadGraph(path);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  ASSERT_TRUE(WriteOnnxFile(testing::Widened(*model), folder / "wide.onnx").ok());
  ASSERT_TRUE(WriteOnnxFile(testing::Rounded(*model), folder / "rounded.onnx").ok());
  const auto wide = testing::RuntimeVectors(folder / "wide.onnx", texts, padding);
  const auto narrow = testing::RuntimeVectors(folder / "rounded.onnx", texts, padding);
  const auto runtime = testing::RuntimeVectors(path, texts, padding);
  ASSERT_TRUE(wide.ok() && narrow.ok() && runtime.ok()) << runtime.status().ToString();
  EXPECT_LE(testing::Furthest(*native, *wide), 1e-5);
  EXPECT_LE(testing::Furthest(*native, *runtime), kMostHalfDifference);
  EXPECT_LE(testing::Furthest(*native, *narrow), kMostHalfDifference);
  EXPECT_GT(testing::Furthest(*narrow, *rounded), 1e-5);
  RecordProperty("runtime", std::to_string(testing::Furthest(*native, *runtime)));
  RecordProperty("casts", std::to_string(testing::Furthest(*native, *narrow)));
}

std::vector<std::tuple<std::string, int>> FamiliesAtSomeOpsets() {
  std::vector<std::tuple<std::string, int>> all;
  for (const std::string& family : testing::TinyFamilies()) {
    for (const int opset : {12, 17, 23}) all.emplace_back(family, opset);
  }
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, HalfGraphsTest, ::testing::ValuesIn(FamiliesAtSomeOpsets()),
                         &testing::NameOfFamilyAndOpset);

// A graph whose residuals, norms or softmax are in fp16 computes something else.
class RefusedHalfGraphsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto encoder = testing::OpenTiny("bert");
    ASSERT_TRUE(encoder.ok());
    ASSERT_TRUE(WriteHalf(*encoder, 12, path()).ok());
    auto model = testing::LoadGraph(path());
    ASSERT_TRUE(model.ok());
    model_ = *std::move(model);
  }

  std::filesystem::path path() const { return folder_ / "model.onnx"; }

  // The first node of an operator that reads what `op_type` gives.
  OnnxNode& ReaderOf(const std::string& op_type, const std::string& reader) {
    for (const OnnxNode& node : model_.nodes) {
      if (node.op_type != op_type) continue;
      for (OnnxNode& other : model_.nodes) {
        const auto& inputs = other.inputs;
        const bool reads = std::find(inputs.begin(), inputs.end(), node.outputs[0]) != inputs.end();
        if (other.op_type == reader && reads) return other;
      }
    }
    ADD_FAILURE() << op_type << " " << reader;
    return model_.nodes[0];
  }

  std::string Refusal() {
    EXPECT_TRUE(WriteOnnxFile(model_, path()).ok());
    const auto encoder = testing::RecogniseFile(path());
    EXPECT_EQ(encoder.status().code(), StatusCode::kUnimplemented) << encoder.status().ToString();
    return encoder.status().message();
  }

  const TemporaryFolder folder_;
  OnnxModel model_;
};

TEST_F(RefusedHalfGraphsTest, ABiasInFloat16IsRefused) {
  OnnxNode& add = ReaderOf("Cast", "Add");
  for (std::string& input : add.inputs) {
    for (const OnnxNode& node : model_.nodes) {
      if (node.op_type == "Cast" && node.outputs[0] == input) input = node.inputs[0];
    }
  }
  const std::string refusal = Refusal();
  EXPECT_NE(refusal.find("found float16"), std::string::npos) << refusal;
  EXPECT_NE(refusal.find("(\"Add\")"), std::string::npos) << refusal;
}

TEST_F(RefusedHalfGraphsTest, ACastThatOnlyRoundsIsRefused) {
  for (OnnxNode& node : model_.nodes) {
    if (node.op_type == "MatMul") {  // x rounded to float16 and widened again, for all that read.
      OnnxNode wide{.op_type = "Cast",
                    .name = "wide",
                    .inputs = {node.inputs[0]},
                    .outputs = {"wide"},
                    .attributes = {{"to", static_cast<int64_t>(OnnxElement::kFloat)}}};
      ReaderOf("MatMul", "Cast").inputs[0] = "wide";
      model_.nodes.insert(model_.nodes.begin() + (&node - model_.nodes.data()), wide);
      break;
    }
  }
  EXPECT_NE(Refusal().find("\"wide\" (\"Cast\")"), std::string::npos);
}

TEST_F(RefusedHalfGraphsTest, WeightsThatAreWidenedFirstAreTaken) {
  OnnxModel wide = testing::Widened(model_);
  // As programs do that store float16 and compute in float32: MatMul(x, Cast(W)).
  std::vector<OnnxNode> casts;
  for (size_t i = 0; i < wide.initializers.size(); ++i) {
    if (model_.initializers[i].element != OnnxElement::kFloat16) continue;
    wide.initializers[i] = model_.initializers[i];
    const std::string name = wide.initializers[i].name;
    casts.push_back({.op_type = "Cast",
                     .name = name + "/wide",
                     .inputs = {name},
                     .outputs = {name + "/wide"},
                     .attributes = {{"to", static_cast<int64_t>(OnnxElement::kFloat)}}});
    for (OnnxNode& node : wide.nodes) {
      for (std::string& input : node.inputs) {
        if (input == name) input = name + "/wide";
      }
    }
  }
  wide.nodes.insert(wide.nodes.begin(), casts.begin(), casts.end());
  ASSERT_TRUE(WriteOnnxFile(wide, folder_ / "wide.onnx").ok());
  const auto encoder = testing::RecogniseFile(folder_ / "wide.onnx");
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  const auto half = testing::RecogniseFile(path());
  ASSERT_TRUE(half.ok()) << half.status().ToString();
  const auto texts = testing::TextsFor(*half);
  EXPECT_EQ(*testing::NativeVectors(*encoder, texts), *testing::NativeVectors(*half, texts));
}

}  // namespace
}  // namespace vetor
