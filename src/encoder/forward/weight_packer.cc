#include "encoder/forward/weight_packer.h"

#include <algorithm>
#include <numbers>
#include <vector>

#include "encoder/reference/attention.h"

namespace vetor {
namespace {

constexpr double kLog2E = std::numbers::log2e;

}  // namespace

WeightPacker::WeightPacker(PackedEncoder* packed)
    : packed_(*packed), panel_columns_(packed->kernels().panel_columns) {}

void WeightPacker::Norm(const std::optional<NormWeights>& weights,
                        const std::optional<PackedNorm>& norm, size_t width, double scale) const {
  if (!norm) return;
  float* const weight = at(norm->weight);
  std::fill(weight, weight + width, 1.0F);
  if (!weights->weight.empty()) ToFloats(weights->weight, 0, {weight, width});
  for (size_t i = 0; i < width; ++i) {
    const double factor = double{weight[i]} + (weights->weight_plus_one ? 1 : 0);
    weight[i] = static_cast<float>(factor * scale);
  }
  if (weights->bias.empty()) return;
  float* const bias = at(norm->bias);
  ToFloats(weights->bias, 0, {bias, width});
  for (size_t i = 0; i < width; ++i) bias[i] = static_cast<float>(bias[i] * scale);
}

void WeightPacker::Bias(const TensorView& bias, const Range& range, float* target) const {
  if (bias.empty()) return;
  ToFloats(bias, range.from, {target, range.count});
  for (size_t i = 0; i < range.count; ++i) {
    target[i] = static_cast<float>(target[i] * range.scale);
  }
}

// The floats of a panel, of which `block` is what it has of the layer.
void WeightPacker::Fill(const LinearWeights& weight, const WeightBlock& block, double scale,
                        float* floats) const {
  const size_t width = panel_columns_;
  if (!weight.by_input) {
    std::vector<float> rows(block.outputs * block.inputs);
    ReadByOutput(weight, block, rows.data(), block.inputs);
    FillPanel(packed_.kernels(),
              {rows.data(), block.inputs, block.outputs, block.inputs, static_cast<float>(scale)},
              floats);
    return;
  }
  ReadByInput(weight, block, floats, width);
  const auto factor = static_cast<float>(scale);
  for (size_t k = 0; k < block.inputs; ++k) {
    float* const row = floats + k * width;
    if (factor != 1.0F) {
      for (size_t c = 0; c < block.outputs; ++c) row[c] *= factor;
    }
    std::fill(row + block.outputs, row + width, 0.0F);
  }
}

template <typename Write>
void WeightPacker::Panel(const PackedLinear& linear, size_t index, const Write& write) const {
  const KernelSet& kernels = packed_.kernels();
  float* const panel = at(linear.panels) + index * PanelWords(kernels, linear.depth);
  MakePanel(kernels, linear.depth, panel, write);
}

void WeightPacker::Columns(const LinearWeights& weight, const Range& range,
                           const PackedLinear& linear, size_t first_panel) const {
  const size_t depth = linear.depth;
  for (size_t c = 0; c < range.count; c += panel_columns_) {
    const size_t count = std::min(panel_columns_, range.count - c);
    Panel(linear, first_panel + c / panel_columns_, [&](float* floats) {
      Fill(weight, {range.from + c, count, 0, depth}, range.scale, floats);
    });
  }
  if (linear.bias) Bias(weight.bias, range, at(*linear.bias) + first_panel * panel_columns_);
}

void WeightPacker::Projection(const AttentionWeights& weights,
                              const PackedAttention& attention) const {
  const size_t dim = attention.head_dim;
  const size_t block_panels = attention.head_width / panel_columns_;
  const double scale = attention.query_norm ? 1 : weights.scale * kLog2E;
  size_t block = 0;
  const auto pack = [&](const LinearWeights& weight, size_t head, double factor) {
    Columns(weight, {head * dim, dim, factor}, attention.projection, block++ * block_panels);
  };
  for (size_t group = 0; group < attention.key_value_heads; ++group) {
    for (size_t i = 0; i < attention.shared_by(); ++i) {
      pack(weights.query, group * attention.shared_by() + i, scale);
    }
    pack(weights.key, group, 1);
    pack(weights.value, group, 1);
  }
}

// The rows of a weight [hidden, heads * dim] with each head filled up to its width.
void WeightPacker::Output(const AttentionWeights& weights, const PackedAttention& attention) const {
  const PackedLinear& linear = attention.output;
  const size_t hidden = packed_.hidden();
  const size_t dim = attention.head_dim;
  for (size_t c = 0; c < hidden; c += panel_columns_) {
    const size_t count = std::min(panel_columns_, hidden - c);
    Panel(linear, c / panel_columns_, [&](float* floats) {
      std::fill(floats, floats + panel_columns_ * linear.depth, 0.0F);
      for (size_t head = 0; head < attention.heads; ++head) {
        Fill(weights.output, {c, count, head * dim, dim}, 1,
             floats + head * attention.head_width * panel_columns_);
      }
    });
  }
  if (linear.bias) Bias(weights.output.bias, {0, hidden}, at(*linear.bias));
}

void WeightPacker::FeedForward(const FeedForwardWeights& weights, const PackedLayer& layer) const {
  const size_t inner = weights.up.outputs();
  const size_t hidden = packed_.hidden();
  for (const InnerPart& part : layer.inner) {
    const Range range{part.first_column, std::min(part.columns, inner - part.first_column)};
    if (weights.gate) Columns(*weights.gate, range, part.gate, 0);
    Columns(weights.up, range, part.up, 0);
    const size_t depth = part.down.depth;
    for (size_t c = 0; c < hidden; c += panel_columns_) {
      const size_t count = std::min(panel_columns_, hidden - c);
      Panel(part.down, c / panel_columns_, [&](float* floats) {
        Fill(weights.down, {c, count, part.first_column, depth}, 1, floats);
      });
    }
    if (part.down.bias) Bias(weights.down.bias, {0, hidden}, at(*part.down.bias));
  }
}

void WeightPacker::RelativeBiases() const {
  const size_t floats = packed_.relative_bias_floats_;
  if (floats == 0) return;
  const RelativeBias& bias = *packed_.encoder().relative_bias;
  const std::vector<float> table = ToFloats(bias.table);
  const size_t heads = bias.table.shape[1];
  const auto longest = static_cast<int64_t>(floats / 2);
  for (size_t d = 0; d < floats; ++d) {
    const size_t bucket = BiasRow(bias, static_cast<int64_t>(d) - longest);
    for (size_t head = 0; head < heads; ++head) {
      at(packed_.relative_bias_)[head * floats + d] =
          static_cast<float>(table[bucket * heads + head] * kLog2E);
    }
  }
}

void WeightPacker::PackShared() {
  const Encoder& encoder = packed_.encoder();
  Norm(encoder.embedding_norm, packed_.embedding_norm(), packed_.hidden(), 1);
  Norm(encoder.final_norm, packed_.final_norm(), packed_.hidden(), 1);
  RelativeBiases();
}

void WeightPacker::PackLayer(size_t index) {
  const EncoderLayer& weights = packed_.encoder().layers[index];
  const PackedLayer& layer = packed_.layers()[index];
  const size_t hidden = packed_.hidden();
  Norm(weights.attention_in_norm, layer.attention_in_norm, hidden, 1);
  Norm(weights.attention_out_norm, layer.attention_out_norm, hidden, 1);
  Norm(weights.attention_after_norm, layer.attention_after_norm, hidden, 1);
  Norm(weights.feed_forward_in_norm, layer.feed_forward_in_norm, hidden, 1);
  Norm(weights.feed_forward_out_norm, layer.feed_forward_out_norm, hidden, 1);
  Norm(weights.feed_forward_after_norm, layer.feed_forward_after_norm, hidden, 1);
  const PackedAttention& attention = layer.attention;
  Norm(weights.attention.query_norm, attention.query_norm, attention.head_dim,
       weights.attention.scale * kLog2E);
  Norm(weights.attention.key_norm, attention.key_norm, attention.head_dim, 1);
  Projection(weights.attention, attention);
  Output(weights.attention, attention);
  FeedForward(weights.feed_forward, layer);
}

}  // namespace vetor
