#include "encoder/forward/encoder_layout.h"

#include <algorithm>
#include <utility>

namespace vetor {
namespace {

// Inner columns that are computed between the upper and the lower product: 128 rows of them are 200
// kB. With 512 the second-level cache has no room for the next panel (MiniLM: 1 % slower).
constexpr size_t kInnerColumns = 384;
constexpr size_t kLineFloats = 16;

Epilogue EpilogueOf(Activation activation) {
  switch (activation) {
    case Activation::kGelu:
      return Epilogue::kGelu;
    case Activation::kGeluTanh:
      return Epilogue::kGeluTanh;
    case Activation::kRelu:
      return Epilogue::kRelu;
    case Activation::kSilu:
      return Epilogue::kSilu;
    case Activation::kQuickGelu:
      return Epilogue::kQuickGelu;
  }
  return Epilogue::kNone;
}

bool SameRotation(const Rotary& a, const Rotary& b) {
  return a.rotated_dim == b.rotated_dim && a.attention_factor == b.attention_factor &&
         a.inverse_frequencies == b.inverse_frequencies;
}

}  // namespace

EncoderLayout::EncoderLayout(PackedEncoder* packed)
    : packed_(*packed), panel_columns_(packed->kernels().panel_columns) {
  const Encoder& encoder = packed_.encoder_;
  const size_t hidden = packed_.hidden();
  packed_.embedding_norm_ = Norm(encoder.embedding_norm, hidden);
  if (encoder.relative_bias) {
    packed_.relative_bias_floats_ = 2 * static_cast<size_t>(encoder.max_positions) - 1;
    packed_.relative_bias_ =
        Take(packed_.relative_bias_floats_ * encoder.relative_bias->table.shape[1]);
  }
  for (const EncoderLayer& layer : encoder.layers) packed_.layers_.push_back(Layer(layer));
  packed_.final_norm_ = Norm(encoder.final_norm, hidden);
}

Place EncoderLayout::Take(size_t floats) {
  const Place place = next_;
  next_ += (floats + kLineFloats - 1) / kLineFloats * kLineFloats;
  return place;
}

size_t EncoderLayout::WholePanels(size_t columns) const {
  return (columns + panel_columns_ - 1) / panel_columns_ * panel_columns_;
}

std::optional<PackedNorm> EncoderLayout::Norm(const std::optional<NormWeights>& weights,
                                              size_t width) {
  if (!weights) return std::nullopt;
  PackedNorm norm;
  norm.weight = Take(width);
  norm.bias = Take(width);
  norm.epsilon = static_cast<float>(weights->epsilon);
  norm.centred = weights->kind == NormKind::kLayerNorm;
  return norm;
}

PackedLinear EncoderLayout::Linear(size_t columns, size_t depth, bool has_bias) {
  PackedLinear linear;
  linear.depth = depth;
  linear.panel_count = WholePanels(columns) / panel_columns_;
  if (has_bias) linear.bias = Take(WholePanels(columns));
  linear.panels = Take(linear.panel_count * PanelWords(packed_.kernels(), depth));
  return linear;
}

size_t EncoderLayout::RotaryIndex(const Rotary& rotary) {
  std::vector<Rotary>& known = packed_.rotaries_;
  const auto found = std::find_if(known.begin(), known.end(),
                                  [&](const Rotary& other) { return SameRotation(rotary, other); });
  if (found != known.end()) return static_cast<size_t>(found - known.begin());
  known.push_back(rotary);
  return known.size() - 1;
}

PackedAttention EncoderLayout::Attention(const AttentionWeights& weights) {
  PackedAttention attention;
  attention.heads = static_cast<size_t>(weights.heads);
  attention.key_value_heads = static_cast<size_t>(weights.key_value_heads);
  attention.head_dim = static_cast<size_t>(weights.head_dim);
  attention.head_width = WholePanels(attention.head_dim);
  attention.causal = weights.causal;
  attention.window = static_cast<size_t>(std::max(weights.window, 0));
  attention.query_norm = Norm(weights.query_norm, attention.head_dim);
  attention.key_norm = Norm(weights.key_norm, attention.head_dim);
  if (weights.rotary) attention.rotary = RotaryIndex(*weights.rotary);
  const size_t blocks = attention.key_value_heads * attention.group_blocks();
  const bool has_bias =
      !weights.query.bias.empty() || !weights.key.bias.empty() || !weights.value.bias.empty();
  attention.projection = Linear(blocks * attention.head_width, packed_.hidden(), has_bias);
  attention.output = Linear(packed_.hidden(), attention.heads * attention.head_width,
                            !weights.output.bias.empty());
  return attention;
}

void EncoderLayout::FeedForward(const FeedForwardWeights& weights, PackedLayer* layer) {
  layer->activation = EpilogueOf(weights.activation);
  const size_t inner = weights.up.outputs();
  const size_t hidden = packed_.hidden();
  layer->inner_columns = WholePanels(inner);
  const size_t panels = layer->inner_columns / panel_columns_;
  const size_t parts = (inner + kInnerColumns - 1) / kInnerColumns;
  std::optional<Place> down_bias;
  if (!weights.down.bias.empty()) down_bias = Take(WholePanels(hidden));
  for (size_t p = 0; p < parts; ++p) {
    InnerPart part;
    part.first_column = panels * p / parts * panel_columns_;
    part.columns = panels * (p + 1) / parts * panel_columns_ - part.first_column;
    if (weights.gate) {
      part.gate = Linear(part.columns, hidden, !weights.gate->bias.empty());
    }
    part.up = Linear(part.columns, hidden, !weights.up.bias.empty());
    part.down = Linear(hidden, std::min(part.columns, inner - part.first_column), false);
    if (p == 0) part.down.bias = down_bias;
    layer->inner.push_back(part);
  }
}

PackedLayer EncoderLayout::Layer(const EncoderLayer& layer) {
  const size_t hidden = packed_.hidden();
  PackedLayer packed;
  packed.attention_in_norm = Norm(layer.attention_in_norm, hidden);
  packed.attention_out_norm = Norm(layer.attention_out_norm, hidden);
  packed.attention_after_norm = Norm(layer.attention_after_norm, hidden);
  packed.feed_forward_in_norm = Norm(layer.feed_forward_in_norm, hidden);
  packed.feed_forward_out_norm = Norm(layer.feed_forward_out_norm, hidden);
  packed.feed_forward_after_norm = Norm(layer.feed_forward_after_norm, hidden);
  packed.attention = Attention(layer.attention);
  FeedForward(layer.feed_forward, &packed);
  return packed;
}

}  // namespace vetor
