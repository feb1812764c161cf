// Runs int8 graphs of every family in ONNX Runtime.
#include "exporter/quantize/int8_emitters.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "encoder/reference/reference_pass.h"
#include "exporter/graph/graph_writer.h"
#include "tests/encoder/reference/random_encoder.h"
#include "tests/encoder/tiny_checkpoint.h"
#include "tests/exporter/graph/graph_runner.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

using testing::GraphRunner;
using testing::TokenTable;

std::vector<TokenIds> SomeTexts(const Encoder& encoder, size_t count) {
  std::vector<TokenIds> texts;
  const auto vocabulary = static_cast<int64_t>(encoder.word.shape[0]);
  for (size_t i = 0; i < count; ++i) {
    TokenIds ids;
    for (size_t t = 0; t < 1 + i % 8; ++t) {
      ids.push_back(2 + static_cast<int64_t>(i * 31 + t * 7) % (vocabulary - 2));
    }
    texts.push_back(std::move(ids));
  }
  return texts;
}

// Calibrates on SomeTexts, writes the graph and opens it.
Result<std::unique_ptr<GraphRunner>> OpenInt8(const Encoder& encoder, const Int8Settings& settings,
                                              int opset, const std::filesystem::path& folder) {
  auto statistics = ObserveInputs(encoder, SomeTexts(encoder, 12), 1);
  if (!statistics.ok()) return statistics.status();
  const Int8Linear linear(
      std::make_shared<const QuantizationPlan>(QuantizationPlan::Make(encoder, *statistics)),
      settings);
  const Int8Embedding embedding;
  GraphOptions options;
  options.opset = opset;
  options.linear = &linear;
  options.embedding = &embedding;
  const Status written = WriteGraph(encoder, options, folder / "model_quantized.onnx");
  if (!written.ok()) return written;
  return GraphRunner::Open(folder / "model_quantized.onnx", folder / "optimised.onnx");
}

// Puts the rows side by side and fills the shorter ones with `padding`.
std::vector<float> RunTexts(GraphRunner& runner, const std::vector<TokenIds>& texts,
                            int64_t padding) {
  size_t longest = 0;
  for (const TokenIds& ids : texts) longest = std::max(longest, ids.size());
  TokenTable ids{static_cast<int64_t>(texts.size()), static_cast<int64_t>(longest), {}};
  TokenTable mask = ids;
  for (const TokenIds& text : texts) {
    for (size_t t = 0; t < longest; ++t) {
      ids.values.push_back(t < text.size() ? text[t] : padding);
      mask.values.push_back(t < text.size() ? 1 : 0);
    }
  }
  TokenTable types = ids;
  std::fill(types.values.begin(), types.values.end(), 0);
  auto outputs =
      runner.Run({{"input_ids", ids}, {"attention_mask", mask}, {"token_type_ids", types}});
  EXPECT_TRUE(outputs.ok()) << outputs.status().ToString();
  if (!outputs.ok()) return {};
  return outputs->at("last_hidden_state").values;
}

double Cosine(const float* actual, const double* expected, size_t count) {
  double dot = 0, square_a = 0, square_e = 0;
  for (size_t i = 0; i < count; ++i) {
    dot += double{actual[i]} * expected[i];
    square_a += double{actual[i]} * double{actual[i]};
    square_e += expected[i] * expected[i];
  }
  return dot / std::sqrt(square_a * square_e);
}

std::string FileBytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Int8FamiliesTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    VETOR_SKIP_WITHOUT(testing::TestRuntime());
    auto encoder = testing::OpenTiny(GetParam());
    ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
    encoder_ = *std::move(encoder);
  }

  // The least cosine between a text's tokens, taken together, and those of the reference pass.
  double WorstCosine(GraphRunner& runner, const std::vector<TokenIds>& texts) {
    const auto expected = ReferencePass(encoder_, texts, 1);
    EXPECT_TRUE(expected.ok());
    double worst = 1;
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::vector<float> actual = RunTexts(runner, {texts[i]}, 0);
      const auto& values = (*expected)[i].values;
      EXPECT_EQ(actual.size(), values.size());
      worst = std::min(worst, Cosine(actual.data(), values.data(), values.size()));
    }
    return worst;
  }

  Encoder encoder_;
  TemporaryFolder folder_;
};

TEST_P(Int8FamiliesTest, IsNearTheReferenceAtEveryOpset) {
  for (const int opset : {12, 13, 18, 23}) {
    SCOPED_TRACE(opset);
    auto runner = OpenInt8(encoder_, {}, opset, folder_.path());
    ASSERT_TRUE(runner.ok()) << runner.status().ToString();
    EXPECT_GE(WorstCosine(**runner, SomeTexts(encoder_, 20)), 0.999);
  }
}

// A text gives the same bits alone, in a batch, and padded with anything.
TEST_P(Int8FamiliesTest, BatchMatesAndPaddingDoNotMatter) {
  auto runner = OpenInt8(encoder_, {}, 12, folder_.path());
  ASSERT_TRUE(runner.ok()) << runner.status().ToString();
  const std::vector<TokenIds> texts = SomeTexts(encoder_, 11);
  const size_t hidden = static_cast<size_t>(encoder_.hidden_size);
  const std::vector<float> together = RunTexts(**runner, texts, encoder_.pad_token_id);
  const size_t columns = together.size() / texts.size() / hidden;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::vector<float> alone = RunTexts(**runner, {texts[i]}, 0);
    const auto begin = together.begin() + static_cast<std::ptrdiff_t>(i * columns * hidden);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), begin)) << i;
  }
}

TEST_P(Int8FamiliesTest, PerTensorIsNearTheReferenceAndFuses) {
  auto runner = OpenInt8(encoder_, {Int8Scheme::kPerTensor}, 12, folder_.path());
  ASSERT_TRUE(runner.ok()) << runner.status().ToString();
  EXPECT_GE(WorstCosine(**runner, SomeTexts(encoder_, 20)), 0.99);
  const std::string optimised = FileBytes(folder_.path() / "optimised.onnx");
  EXPECT_NE(optimised.find("DynamicQuantizeMatMul"), std::string::npos);
}

TEST_P(Int8FamiliesTest, SevenBitsAreNearToo) {
  Int8Settings settings;
  settings.reduce_range = true;
  auto runner = OpenInt8(encoder_, settings, 12, folder_.path());
  ASSERT_TRUE(runner.ok()) << runner.status().ToString();
  EXPECT_GE(WorstCosine(**runner, SomeTexts(encoder_, 20)), 0.995);
}

INSTANTIATE_TEST_SUITE_P(All, Int8FamiliesTest, ::testing::ValuesIn(testing::TinyFamilies()),
                         [](const auto& suite) {
                           std::string name = suite.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// The speed depends on it that the runtime fuses every product.
TEST(Int8EmittersTest, TheRuntimeFusesEveryProduct) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  RandomTensors tensors(1);
  const Encoder encoder = RandomBert(tensors, 2);
  const TemporaryFolder folder;
  const auto runner = OpenInt8(encoder, {}, 12, folder.path());
  ASSERT_TRUE(runner.ok()) << runner.status().ToString();
  const std::string optimised = FileBytes(folder.path() / "optimised.onnx");
  EXPECT_NE(optimised.find("MatMulIntegerToFloat"), std::string::npos);
  // A node's op_type in protobuf: field 4, 13 bytes. The written graph has it.
  const std::string left_over =
      "\x22\x0d"
      "MatMulInteger";
  EXPECT_EQ(optimised.find(left_over), std::string::npos);
  EXPECT_NE(FileBytes(folder.path() / "model_quantized.onnx").find(left_over), std::string::npos);
}

TEST(Int8EmittersTest, LargeTablesAreInt8) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  RandomTensors tensors(2);
  Encoder encoder = RandomBert(tensors, 1);
  encoder.word = tensors.Make("word", {12000, 16}, 0.5);
  const TemporaryFolder folder;
  const auto runner = OpenInt8(encoder, {}, 12, folder.path());
  ASSERT_TRUE(runner.ok()) << runner.status().ToString();
  // A row has 16 bytes and a scale of 4, and there is little else.
  const auto bytes = std::filesystem::file_size(folder.path() / "model_quantized.onnx");
  EXPECT_GT(bytes, 12000U * 20);
  EXPECT_LT(bytes, 12000U * 20 + 40000);
  const std::vector<TokenIds> texts = {{11999, 5, 4096, 8191}};
  const std::vector<float> actual = RunTexts(**runner, texts, 0);
  const auto expected = ReferencePass(encoder, texts, 1);
  ASSERT_TRUE(expected.ok());
  EXPECT_GE(Cosine(actual.data(), (*expected)[0].values.data(), actual.size()), 0.999);
}

// If all values of a token are equal, as after relu, nothing may divide by zero.
TEST(Int8EmittersTest, TokensOfZerosStayFinite) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  RandomTensors tensors(3);
  Encoder encoder = RandomBert(tensors, 1);
  encoder.layers[0].feed_forward.activation = Activation::kRelu;
  const std::vector<float> low(24, -1000);
  encoder.layers[0].feed_forward.up.bias = tensors.FromValues("bias", {24}, low);
  const TemporaryFolder folder;
  const auto runner = OpenInt8(encoder, {}, 12, folder.path());
  ASSERT_TRUE(runner.ok()) << runner.status().ToString();
  const std::vector<TokenIds> texts = {{3, 4, 5}};
  const std::vector<float> actual = RunTexts(**runner, texts, 0);
  const auto expected = ReferencePass(encoder, texts, 1);
  ASSERT_TRUE(expected.ok());
  EXPECT_GE(Cosine(actual.data(), (*expected)[0].values.data(), actual.size()), 0.999);
}

}  // namespace
}  // namespace vetor
