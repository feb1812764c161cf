#include "formats/onnx/onnx_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exporter/graph/graph_builder.h"
#include "exporter/graph/graph_writer.h"
#include "exporter/graph/weight_source.h"
#include "os/file.h"
#include "tests/encoder/tiny_checkpoint.h"
#include "tests/exporter/graph/graph_runner.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

using testing::GraphRunner;
using ::testing::HasSubstr;

std::string Content(const std::filesystem::path& path) {
  const auto bytes = ReadFile(path);
  EXPECT_TRUE(bytes.ok()) << bytes.status().ToString();
  return bytes.ok() ? *bytes : std::string();
}

TEST(OnnxFileTest, TheSameModelGivesTheSameBytes) {
  const auto encoder = testing::OpenTiny("modernbert");
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteGraph(*encoder, {}, folder / "a.onnx").ok());
  ASSERT_TRUE(WriteGraph(*encoder, {}, folder / "b.onnx").ok());
  EXPECT_EQ(Content(folder / "a.onnx"), Content(folder / "b.onnx"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a.onnx_data"));
}

TEST(OnnxFileTest, WeightsBeyondTheBoundLieBesideTheGraphAndGiveTheSameVectors) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  const auto encoder = testing::OpenTiny("mpnet");
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  const TemporaryFolder folder;
  const auto whole = folder / "whole.onnx";
  const auto split = folder / "split.onnx";
  ASSERT_TRUE(WriteGraph(*encoder, {}, whole).ok());
  ASSERT_TRUE(WriteGraph(*encoder, {.max_file_bytes = 10'000}, split).ok());
  EXPECT_LT(std::filesystem::file_size(split), std::filesystem::file_size(whole) / 2);
  EXPECT_GT(std::filesystem::file_size(folder / "split.onnx_data"), 50'000U);
  EXPECT_THAT(Content(split), HasSubstr("split.onnx_data"));
  const auto one = GraphRunner::Open(whole);
  const auto two = GraphRunner::Open(split);
  ASSERT_TRUE(one.ok()) << one.status().ToString();
  ASSERT_TRUE(two.ok()) << two.status().ToString();
  const auto golden = testing::ReadGolden("mpnet");
  const auto& inputs = golden->at("padded").inputs;
  const auto first = (*one)->Run(inputs);
  const auto second = (*two)->Run(inputs);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->at("last_hidden_state").values, second->at("last_hidden_state").values);
}

TEST(OnnxFileTest, ExternalWeightsBeginAtPages) {
  GraphBuilder builder(12);
  builder.AddInput({.name = "x", .dims = {int64_t{1}}});
  std::vector<Value> sums = {"x"};
  for (const char* name : {"first", "second"}) {
    const Value weight = builder.Weight(FloatWeight(name, {300}, std::vector<float>(300, 1.5F)));
    sums.push_back(builder.Op("Add", {sums.back(), weight}));
  }
  builder.AddOutput(sums.back(), {.name = "y", .dims = {int64_t{300}}});
  const OnnxModel model = builder.Finish("pages");
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteOnnxFile(model, folder / "m.onnx", 100).ok());
  EXPECT_EQ(std::filesystem::file_size(folder / "m.onnx_data"), 4096U + 1200U);
  EXPECT_THAT(Content(folder / "m.onnx"), HasSubstr("4096"));
}

// The weights can then be used in place, in a map of the file. Node names of every length move what
// follows them.
TEST(OnnxFileTest, WeightsInsideTheModelFileBeginAtCacheLines) {
  const TemporaryFolder folder;
  for (size_t length = 1; length < 70; ++length) {
    GraphBuilder builder(12);
    builder.AddInput({.name = std::string(length, 'x'), .dims = {int64_t{1}}});
    std::vector<Value> sums = {std::string(length, 'x')};
    for (const float value : {1.5F, 2.5F}) {
      const std::vector<float> values(length % 2 == 0 ? 300 : 5000, value);
      const Value weight = builder.Weight(
          FloatWeight("w" + std::to_string(value), {static_cast<int64_t>(values.size())}, values));
      sums.push_back(builder.Op("Add", {sums.back(), weight}));
    }
    builder.AddOutput(sums.back(), {.name = "y", .dims = {int64_t{300}}});
    ASSERT_TRUE(WriteOnnxFile(builder.Finish("lines"), folder / "m.onnx").ok());
    const std::string content = Content(folder / "m.onnx");
    for (const float value : {1.5F, 2.5F}) {
      const std::vector<float> values(300, value);
      const auto place =
          content.find(std::string_view(reinterpret_cast<const char*>(values.data()), 1200));
      ASSERT_NE(place, std::string::npos);
      EXPECT_EQ(place % 64, 0U) << length;
    }
  }
}

TEST(OnnxFileTest, AWeightOfAnotherLengthIsABugThatIsSaidAndLeavesNothing) {
  GraphBuilder builder(12);
  builder.AddInput({.name = "x", .dims = {int64_t{1}}});
  OnnxInitializer weight = FloatWeight("short", {4}, {1, 2, 3});
  builder.AddOutput(builder.Op("Add", {"x", builder.Weight(std::move(weight))}),
                    {.name = "y", .dims = {int64_t{4}}});
  const TemporaryFolder folder;
  const Status status = WriteOnnxFile(builder.Finish("short"), folder / "m.onnx");
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_THAT(status.message(), HasSubstr("weight short: 12 bytes made, expected 16"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(OnnxFileTest, OpsetsOutsideTheRangeAreRefused) {
  const auto encoder = testing::OpenTiny("bert");
  ASSERT_TRUE(encoder.ok()) << encoder.status().ToString();
  const TemporaryFolder folder;
  for (const int opset : {11, 24}) {
    const Status status = WriteGraph(*encoder, {.opset = opset}, folder / "m.onnx");
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("expected 12 to 23"));
  }
}

TEST(WeightSourceTest, JoinsAndTransposesAcrossPieces) {
  // 700 x 600 and 3 x 600 need more than one piece of the writer, and no block divides their sides.
  constexpr uint64_t kIn = 600;
  std::vector<float> a(700 * kIn), b(3 * kIn);
  for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i);
  for (size_t i = 0; i < b.size(); ++i) b[i] = -static_cast<float>(i);
  const auto view = [](const std::vector<float>& values) {
    return TensorView{.name = "w",
                      .shape = {values.size() / kIn, kIn},
                      .bytes = {reinterpret_cast<const char*>(values.data()), values.size() * 4}};
  };
  const OnnxInitializer weight = TransposedWeight("w", {view(a), view(b)});
  EXPECT_EQ(weight.dims, (std::vector<int64_t>{600, 703}));
  std::string bytes;
  ASSERT_TRUE(weight
                  .write([&](std::string_view piece) {
                    bytes += piece;
                    return Status();
                  })
                  .ok());
  ASSERT_EQ(bytes.size(), weight.bytes());
  std::vector<float> written(600 * 703);
  std::memcpy(written.data(), bytes.data(), bytes.size());
  for (size_t in = 0; in < kIn; ++in) {
    for (size_t out = 0; out < 703; ++out) {
      const float expected = out < 700 ? a[out * kIn + in] : b[(out - 700) * kIn + in];
      ASSERT_EQ(written[in * 703 + out], expected) << in << " " << out;
    }
  }
}

TEST(WeightSourceTest, AWeightBeyondHalfIsNamed) {
  const float values[] = {1.0F, 70000.0F};
  const TensorView tensor{.name = "big.weight",
                          .shape = {2},
                          .bytes = {reinterpret_cast<const char*>(values), sizeof values}};
  const OnnxInitializer weight = TensorWeight("w", tensor, OnnxElement::kFloat16);
  const Status status = weight.write([](std::string_view) { return Status(); });
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("big.weight holds 70000"));
}

}  // namespace
}  // namespace vetor
