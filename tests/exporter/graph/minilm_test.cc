// Exports the real MiniLM from its published weights, and checks its vectors against
// sentence-transformers' and what ONNX Runtime makes of the graph.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "exporter/graph/graph_writer.h"
#include "formats/onnx/graph_view.h"
#include "formats/onnx/schema.h"
#include "formats/proto_message.h"
#include "os/file.h"
#include "tests/exporter/graph/graph_runner.h"
#include "tests/model/golden_vectors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"
#include "tests/support/test_services.h"
#include "vetor/embeddings_service.h"

namespace vetor {
namespace {

using ::testing::Contains;
using testing::GraphRunner;
using ::testing::Key;
using ::testing::Not;

std::filesystem::path Weights() { return testing::FetchedModel("all-MiniLM-L6-v2-weights"); }

// How often the graph has each operator.
std::map<std::string, int> CountOperators(const std::filesystem::path& path) {
  std::map<std::string, int> counts;
  const auto file = MappedFile::Open(path);
  const auto view = OnnxGraphView::Read(file->bytes());
  EXPECT_TRUE(view.ok()) << view.status().ToString();
  for (const OnnxNodeView& node : view->nodes()) ++counts[std::string(node.op_type)];
  return counts;
}

class MiniLmExportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    VETOR_SKIP_WITHOUT(testing::TestRuntime());
    VETOR_SKIP_WITHOUT(Weights());
    auto checkpoint = Checkpoint::Open(Weights());
    ASSERT_TRUE(checkpoint.ok()) << checkpoint.status().ToString();
    auto encoder = ReadEncoder(*checkpoint);
    ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
    encoder_ = *std::move(encoder);
  }

  Encoder encoder_;
};

TEST_F(MiniLmExportTest, EveryGoldenVectorIsSentenceTransformers) {
  const TemporaryFolder folder;
  for (const auto& entry : std::filesystem::directory_iterator(Weights())) {
    if (entry.path().extension() == ".safetensors") continue;
    std::filesystem::copy(entry.path(), folder.path() / entry.path().filename(),
                          std::filesystem::copy_options::recursive);
  }
  const Status written = WriteGraph(encoder_, {}, folder / "model.onnx");
  ASSERT_TRUE(written.ok()) << written.ToString();
  std::string why;
  const auto golden = ReadGoldenVectors("all-minilm-l6-v2", &why);
  ASSERT_TRUE(golden) << why;
  EmbeddingsConfig config = testing::TinyConfig();
  config.model.path = folder.path().string();
  const auto service = EmbeddingsService::Open(config);
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  const auto embeddings = (*service)->Embed(golden->texts);
  ASSERT_TRUE(embeddings.ok()) << embeddings.status().ToString();
  ASSERT_EQ(embeddings->values.size(), golden->vectors.size());
  float worst = 0;
  for (size_t i = 0; i < golden->vectors.size(); ++i) {
    worst = std::max(worst, std::fabs(embeddings->values[i] - golden->vectors[i]));
  }
  RecordProperty("worst_in_1e9", static_cast<int>(worst * 1e9F));
  EXPECT_LE(worst, 1e-5);
}

// At opset 12 norms and GELU are written out as small steps. The runtime must find them again, and
// must not turn them into SkipLayerNormalization, which takes 7 times as long on the CPU.
TEST_F(MiniLmExportTest, TheRuntimeFusesWhatOpset12WritesOut) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteGraph(encoder_, {.opset = 12}, folder / "model.onnx").ok());
  const auto before = CountOperators(folder / "model.onnx");
  EXPECT_EQ(before.at("Erf"), 6);
  EXPECT_THAT(before, Not(Contains(Key("Shape"))));
  ASSERT_TRUE(GraphRunner::Open(folder / "model.onnx", folder / "optimised.onnx").ok());
  const auto after = CountOperators(folder / "optimised.onnx");
  EXPECT_EQ(after.at("LayerNormalization"), 13);
  EXPECT_EQ(after.at("BiasGelu"), 6);
  EXPECT_EQ(after.at("FusedMatMul"), 6);  // It holds the factor of the scores.
  for (const char* gone : {"Erf", "Sqrt", "Pow", "ReduceMean", "SkipLayerNormalization"}) {
    EXPECT_THAT(after, Not(Contains(Key(gone))));
  }
}

TEST_F(MiniLmExportTest, HalfPrecisionIsHalfTheSizeAndTheSameVectors) {
  const TemporaryFolder folder;
  const FloatLinear linear(OnnxElement::kFloat16);
  const FloatEmbedding embedding(OnnxElement::kFloat16);
  const auto half = folder / "model_fp16.onnx";
  const auto whole = folder / "model.onnx";
  ASSERT_TRUE(WriteGraph(encoder_, {.linear = &linear, .embedding = &embedding}, half).ok());
  ASSERT_TRUE(WriteGraph(encoder_, {}, whole).ok());
  EXPECT_LT(std::filesystem::file_size(half), std::filesystem::file_size(whole) * 51 / 100);
  testing::TokenTable ids{2, 40, {}}, mask{2, 40, {}}, types{2, 40, std::vector<int64_t>(80)};
  for (int64_t i = 0; i < 80; ++i) {
    ids.values.push_back(1000 + i * 367 % 29000);
    mask.values.push_back(i < 70 ? 1 : 0);
  }
  const std::map<std::string, testing::TokenTable> inputs = {
      {"input_ids", ids}, {"attention_mask", mask}, {"token_type_ids", types}};
  const auto a = (*GraphRunner::Open(whole))->Run(inputs);
  const auto b = (*GraphRunner::Open(half))->Run(inputs);
  ASSERT_TRUE(a.ok() && b.ok()) << b.status().ToString();
  const auto& x = a->at("last_hidden_state").values;
  const auto& y = b->at("last_hidden_state").values;
  for (size_t token = 0; token < 70; ++token) {
    double xx = 0, xy = 0, yy = 0;
    for (size_t i = token * 384; i < (token + 1) * 384; ++i) {
      xx += double{x[i]} * double{x[i]};
      xy += double{x[i]} * double{y[i]};
      yy += double{y[i]} * double{y[i]};
    }
    ASSERT_GE(xy / std::sqrt(xx * yy), 0.9999) << token;
  }
}

}  // namespace
}  // namespace vetor
