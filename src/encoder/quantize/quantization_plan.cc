#include "encoder/quantize/quantization_plan.h"

#include <initializer_list>
#include <span>
#include <utility>

#include "encoder/quantize/smoothing.h"

namespace vetor {
namespace {

constexpr double kSmoothingAlpha = 0.5;

// Measured for each input by itself on MiniLM (docs/quality.md): smoothing helps where a norm's
// outlier channels are quantised, is worth nothing for attention's output and does harm after an
// activation; float channels are worth most for down, where single weights are 50 times the rest.
enum class Treatment { kPlain, kExact, kSmoothAndExact };

InputPlan MakeInput(std::span<const LinearWeights* const> parts, const ChannelStatistics* seen,
                    Treatment treatment) {
  InputPlan plan;
  if (seen == nullptr) return plan;
  plan.input.mean = seen->mean;
  if (treatment == Treatment::kPlain) return plan;
  const std::vector<float> weights = LargestWeights(parts);
  plan.input.exact = OutlierChannels(*seen, weights, kExactChannels);
  if (treatment == Treatment::kSmoothAndExact) {
    plan.input.smoothing = SmoothingFactors(*seen, weights, kSmoothingAlpha);
  }
  return plan;
}

}  // namespace

float LowestOutput(Activation activation) {
  // The minima, rounded away from zero.
  switch (activation) {
    case Activation::kGelu:
      return -0.169972F;  // x = -0.751792
    case Activation::kGeluTanh:
      return -0.170041F;  // x = -0.752461
    case Activation::kRelu:
      return 0.0F;
    case Activation::kSilu:
      return -0.278465F;  // x = -1.278465
    case Activation::kQuickGelu:
      return -0.163615F;  // -0.278465 / 1.702
  }
  return 0.0F;
}

QuantizationPlan QuantizationPlan::Make(const Encoder& encoder,
                                        const std::vector<LayerStatistics>& statistics) {
  QuantizationPlan plan;
  for (size_t i = 0; i < encoder.layers.size(); ++i) {
    const AttentionWeights& attention = encoder.layers[i].attention;
    const FeedForwardWeights& feed_forward = encoder.layers[i].feed_forward;
    const LayerStatistics* seen = statistics.empty() ? nullptr : &statistics[i];
    const auto add = [&](std::initializer_list<const LinearWeights*> parts,
                         const ChannelStatistics LayerStatistics::*input, Treatment treatment) {
      InputPlan made = MakeInput({parts.begin(), parts.size()},
                                 seen == nullptr ? nullptr : &(seen->*input), treatment);
      if (treatment == Treatment::kExact && !feed_forward.gate) {
        made.lowest = LowestOutput(feed_forward.activation);
      }
      for (const LinearWeights* linear : parts) plan.plans_[linear->weight.bytes.data()] = made;
    };
    add({&attention.query, &attention.key, &attention.value}, &LayerStatistics::attention_in,
        Treatment::kSmoothAndExact);
    add({&attention.output}, &LayerStatistics::attention_mixed, Treatment::kPlain);
    if (feed_forward.gate) {
      add({&feed_forward.up, &*feed_forward.gate}, &LayerStatistics::feed_forward_in,
          Treatment::kSmoothAndExact);
    } else {
      add({&feed_forward.up}, &LayerStatistics::feed_forward_in, Treatment::kSmoothAndExact);
    }
    add({&feed_forward.down}, &LayerStatistics::feed_forward_inner, Treatment::kExact);
  }
  return plan;
}

const InputPlan& QuantizationPlan::Find(const LinearWeights& first) const {
  const auto found = plans_.find(first.weight.bytes.data());
  return found == plans_.end() ? nothing_ : found->second;
}

}  // namespace vetor
