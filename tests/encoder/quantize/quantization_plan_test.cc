#include "encoder/quantize/quantization_plan.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "encoder/reference/token_ops.h"
#include "tests/encoder/reference/random_encoder.h"

namespace vetor {
namespace {

constexpr Activation kActivations[] = {Activation::kGelu, Activation::kGeluTanh, Activation::kRelu,
                                       Activation::kSilu, Activation::kQuickGelu};

// The bound is never above the least value, which would not fit its 8 bits then, and not far below
// it.
TEST(LowestOutputTest, IsJustBelowEveryValue) {
  for (const Activation activation : kActivations) {
    double least = 0;
    for (int i = -400000; i <= 400000; ++i) {
      least = std::min(least, Activate(activation, i * 2e-5));
    }
    EXPECT_LE(LowestOutput(activation), least);
    EXPECT_GE(LowestOutput(activation), least - 1e-5);
  }
}

std::vector<LayerStatistics> Calibrate(const Encoder& encoder) {
  return *ObserveInputs(encoder, {{1, 2, 3}, {4, 5, 6, 7}}, 1);
}

TEST(QuantizationPlanTest, EachInputHasItsTreatment) {
  RandomTensors tensors(1);
  const Encoder encoder = RandomBert(tensors, 2);
  const std::vector<LayerStatistics> seen = Calibrate(encoder);
  const QuantizationPlan plan = QuantizationPlan::Make(encoder, seen);
  const EncoderLayer& layer = encoder.layers[1];
  const InputPlan& query = plan.Find(layer.attention.query);
  EXPECT_EQ(query.input.smoothing.size(), 16U);
  EXPECT_EQ(query.input.exact.size(), kExactChannels);
  EXPECT_EQ(query.input.mean, seen[1].attention_in.mean);
  EXPECT_FALSE(query.lowest.has_value());
  // Query, key and value read the same numbers, so they must agree on these.
  EXPECT_EQ(plan.Find(layer.attention.value).input.smoothing, query.input.smoothing);
  const InputPlan& output = plan.Find(layer.attention.output);
  EXPECT_TRUE(output.input.smoothing.empty() && output.input.exact.empty());
  EXPECT_EQ(output.input.mean, seen[1].attention_mixed.mean);
  EXPECT_EQ(plan.Find(layer.feed_forward.up).input.smoothing.size(), 16U);
  const InputPlan& down = plan.Find(layer.feed_forward.down);
  EXPECT_TRUE(down.input.smoothing.empty());
  EXPECT_EQ(down.input.exact.size(), kExactChannels);
  EXPECT_EQ(down.lowest, LowestOutput(Activation::kGelu));
}

// A gate makes products of any sign, so nothing bounds them.
TEST(QuantizationPlanTest, GatedFeedForwardHasNoBound) {
  RandomTensors tensors(2);
  Encoder encoder = RandomBert(tensors, 1);
  FeedForwardWeights& feed_forward = encoder.layers[0].feed_forward;
  feed_forward.gate = tensors.Linear("gate", 24, 16);
  const QuantizationPlan plan = QuantizationPlan::Make(encoder, Calibrate(encoder));
  EXPECT_FALSE(plan.Find(feed_forward.down).lowest.has_value());
  EXPECT_EQ(plan.Find(*feed_forward.gate).input.smoothing,
            plan.Find(feed_forward.up).input.smoothing);
}

TEST(QuantizationPlanTest, WithoutStatisticsOnlyTheBoundIsKnown) {
  RandomTensors tensors(3);
  const Encoder encoder = RandomBert(tensors, 1);
  const QuantizationPlan plan = QuantizationPlan::Make(encoder, {});
  EXPECT_TRUE(plan.Find(encoder.layers[0].attention.query).input.smoothing.empty());
  EXPECT_TRUE(plan.Find(encoder.layers[0].feed_forward.down).lowest.has_value());
  const LinearWeights other = tensors.Linear("other", 4, 4);
  EXPECT_FALSE(plan.Find(other).lowest.has_value());
}

}  // namespace
}  // namespace vetor
