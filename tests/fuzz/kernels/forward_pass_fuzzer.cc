// libFuzzer compares the forward pass of a tiny encoder of random shape, on each instruction set,
// with the reference pass in double. It also compares each text's bits alone, among others and
// shared by a team.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "encoder/forward/forward_pass.h"
#include "encoder/reference/reference_pass.h"
#include "tests/encoder/reference/random_encoder.h"
#include "tests/fuzz/kernels/fuzzed_numbers.h"

namespace {

using vetor::Encoder;
using vetor::EncoderLayer;
using vetor::KernelSet;
using vetor::LinearWeights;
using vetor::NormWeights;
using vetor::RandomTensors;
using vetor::TokenIds;
using vetor::fuzzing::FuzzedNumbers;

constexpr uint64_t kWords = 20;

// The sizes that all layers of an encoder share.
struct Shape {
  uint64_t hidden, heads, key_value_heads, head_dim, inner;
  bool biased, rms, gated, head_norms, pre_norm, causal;
  int window;
  std::optional<vetor::Rotary> rotary;
};

Shape DrawShape(FuzzedNumbers* in) {
  Shape shape{};
  shape.hidden = in->UpTo(70);
  shape.key_value_heads = in->UpTo(3);
  shape.heads = shape.key_value_heads * in->UpTo(3);
  shape.head_dim = in->UpTo(40);
  shape.inner = in->Below(12) == 0 ? in->UpTo(1100) : in->UpTo(90);
  shape.biased = in->Flag();
  shape.rms = in->Flag();
  shape.gated = in->Flag();
  shape.head_norms = in->Flag();
  shape.pre_norm = in->Flag();
  shape.causal = in->Flag();
  shape.window = in->Flag() ? static_cast<int>(in->Below(40)) : 0;
  if (shape.head_dim > 1 && in->Flag()) {
    vetor::Rotary rotary;
    rotary.rotated_dim = 2 * static_cast<int>(in->UpTo(shape.head_dim / 2));
    for (int i = 0; i < rotary.rotated_dim / 2; ++i) {
      rotary.inverse_frequencies.push_back(std::pow(0.7, i));
    }
    shape.rotary = rotary;
  }
  return shape;
}

// The deviations keep sums near 1, whatever the width.
LinearWeights DrawLinear(const Shape& shape, RandomTensors* tensors, uint64_t outputs,
                         uint64_t inputs) {
  LinearWeights linear;
  linear.weight =
      tensors->Make("weight", {outputs, inputs}, 1 / std::sqrt(static_cast<double>(inputs)));
  if (shape.biased) linear.bias = tensors->Make("bias", {outputs}, 0.1);
  return linear;
}

NormWeights DrawNorm(const Shape& shape, RandomTensors* tensors, uint64_t features) {
  NormWeights norm = tensors->LayerNorm("norm", features);
  if (shape.rms) norm.kind = vetor::NormKind::kRmsNorm;
  if (shape.rms) norm.bias = {};
  // If there are two components, LayerNorm leaves only their sign, which rounding decides.
  norm.epsilon = 1e-2;
  return norm;
}

EncoderLayer DrawLayer(const Shape& shape, FuzzedNumbers* in, RandomTensors* tensors) {
  EncoderLayer layer;
  vetor::AttentionWeights& attention = layer.attention;
  attention.query = DrawLinear(shape, tensors, shape.heads * shape.head_dim, shape.hidden);
  attention.key = DrawLinear(shape, tensors, shape.key_value_heads * shape.head_dim, shape.hidden);
  attention.value =
      DrawLinear(shape, tensors, shape.key_value_heads * shape.head_dim, shape.hidden);
  attention.output = DrawLinear(shape, tensors, shape.hidden, shape.heads * shape.head_dim);
  attention.heads = static_cast<int>(shape.heads);
  attention.key_value_heads = static_cast<int>(shape.key_value_heads);
  attention.head_dim = static_cast<int>(shape.head_dim);
  attention.scale = 1 / std::sqrt(static_cast<double>(shape.head_dim));
  attention.causal = shape.causal;
  attention.window = in->Flag() ? shape.window : 0;
  attention.rotary = shape.rotary;
  if (shape.head_norms) attention.query_norm = DrawNorm(shape, tensors, shape.head_dim);
  if (shape.head_norms) attention.key_norm = DrawNorm(shape, tensors, shape.head_dim);
  layer.feed_forward.up = DrawLinear(shape, tensors, shape.inner, shape.hidden);
  layer.feed_forward.down = DrawLinear(shape, tensors, shape.hidden, shape.inner);
  if (shape.gated) layer.feed_forward.gate = DrawLinear(shape, tensors, shape.inner, shape.hidden);
  layer.feed_forward.activation = static_cast<vetor::Activation>(in->Below(5));
  const auto norm = [&] { return DrawNorm(shape, tensors, shape.hidden); };
  (shape.pre_norm ? layer.attention_in_norm : layer.attention_after_norm) = norm();
  (shape.pre_norm ? layer.feed_forward_in_norm : layer.feed_forward_after_norm) = norm();
  if (in->Flag()) layer.attention_out_norm = norm();
  if (in->Flag()) layer.feed_forward_out_norm = norm();
  return layer;
}

Encoder DrawEncoder(FuzzedNumbers* in, RandomTensors* tensors) {
  const Shape shape = DrawShape(in);
  Encoder encoder;
  encoder.family = "fuzzed";
  encoder.hidden_size = static_cast<int>(shape.hidden);
  encoder.max_positions = static_cast<int>(in->Below(8) == 0 ? in->UpTo(150) : in->UpTo(40));
  encoder.word = tensors->Make("word", {kWords, shape.hidden}, 1);
  if (in->Flag()) {
    encoder.position_rule = vetor::PositionRule::kSequence;
    encoder.position = tensors->Make(
        "position", {static_cast<uint64_t>(encoder.max_positions), shape.hidden}, 0.3);
  }
  if (in->Flag()) encoder.embedding_norm = DrawNorm(shape, tensors, shape.hidden);
  if (in->Flag()) {
    const uint64_t buckets = 4 + in->Below(30);  // At least 4, as in mpnet.cc.
    encoder.relative_bias = {tensors->Make("bias", {buckets, shape.heads}, 0.5), 40};
  }
  const size_t layers = in->UpTo(2);
  for (size_t i = 0; i < layers; ++i) encoder.layers.push_back(DrawLayer(shape, in, tensors));
  encoder.final_norm = DrawNorm(shape, tensors, shape.hidden);
  return encoder;
}

std::vector<TokenIds> DrawTexts(FuzzedNumbers* in, const Encoder& encoder) {
  const auto longest = static_cast<size_t>(encoder.max_positions);
  std::vector<TokenIds> texts(in->UpTo(3));
  for (TokenIds& ids : texts) {
    ids.resize(in->Below(4) == 0 ? longest : in->UpTo(std::min<size_t>(longest, 20)));
    for (int64_t& id : ids) id = in->Seed() % kWords;
  }
  return texts;
}

std::vector<float> RunPass(const vetor::PackedEncoder& encoder, std::span<const TokenIds> texts,
                           vetor::CoreTeam* team) {
  std::vector<vetor::TextTokens> views;
  size_t tokens = 0;
  for (const TokenIds& ids : texts) {
    views.push_back({ids, {}});
    tokens += ids.size();
  }
  std::vector<float> states(tokens * encoder.hidden());
  vetor::PassScratch scratch;
  if (!vetor::RunForwardPass(encoder, views, &scratch, team, states).ok()) std::abort();
  return states;
}

void RequireNear(const std::vector<float>& found, const std::vector<double>& expected,
                 const char* set) {
  if (found.size() != expected.size()) std::abort();
  double most = 1;
  for (const double value : expected) most = std::max(most, std::abs(value));
  for (size_t i = 0; i < found.size(); ++i) {
    if (std::abs(found[i] - expected[i]) <= 1e-4 * most) continue;
    std::fprintf(stderr, "%s: component %zu is %.9g, expected %.9g\n", set, i, found[i],
                 expected[i]);
    std::abort();
  }
}

void RequireOwnBits(const vetor::PackedEncoder& packed, std::span<const TokenIds> texts,
                    const std::vector<float>& together) {
  static vetor::CoreTeam team(2);
  size_t begin = 0;
  for (size_t t = 0; t < texts.size(); ++t) {
    const std::vector<float> alone = RunPass(packed, texts.subspan(t, 1), t == 0 ? &team : nullptr);
    if (std::memcmp(alone.data(), &together[begin], alone.size() * sizeof(float)) != 0) {
      std::fprintf(stderr, "%s: text %zu has other bits alone\n", packed.kernels().name, t);
      std::abort();
    }
    begin += alone.size();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzedNumbers in(data, size);
  RandomTensors tensors(in.Seed());
  const Encoder encoder = DrawEncoder(&in, &tensors);
  const std::vector<TokenIds> texts = DrawTexts(&in, encoder);
  const auto reference = vetor::ReferencePass(encoder, texts, 1);
  if (!reference.ok()) std::abort();
  std::vector<double> expected;
  for (const auto& text : *reference) {
    expected.insert(expected.end(), text.values.begin(), text.values.end());
  }
  for (const KernelSet* set : vetor::SupportedKernelSets()) {
    const auto packed = vetor::PackedEncoder::Pack(encoder, *set, 1);
    if (!packed.ok()) std::abort();
    const std::vector<float> found = RunPass(*packed, texts, nullptr);
    RequireNear(found, expected, set->name);
    RequireOwnBits(*packed, texts, found);
  }
  return 0;
}
