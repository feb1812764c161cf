#include "encoder/reference/reference_pass.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <utility>

#include "base/status_macros.h"
#include "encoder/reference/attention.h"
#include "encoder/reference/embedding.h"
#include "encoder/reference/token_ops.h"
#include "kernels/task_loop.h"
#include "os/cpu.h"

namespace vetor {
namespace {

constexpr size_t kBlockTokens = 16;

template <typename Scalar>
ChannelStatistics Observe(const TokenMatrix<Scalar>& matrix) {
  ChannelStatistics seen;
  seen.low.assign(matrix.row(0), matrix.row(0) + matrix.features);
  seen.high = seen.low;
  std::vector<double> sums(matrix.features);
  std::vector<double> squares(matrix.features);
  for (size_t token = 0; token < matrix.tokens; ++token) {
    const Scalar* row = matrix.row(token);
    for (size_t i = 0; i < matrix.features; ++i) {
      const auto value = static_cast<float>(row[i]);
      seen.low[i] = std::min(seen.low[i], value);
      seen.high[i] = std::max(seen.high[i], value);
      sums[i] += value;
      squares[i] += double{value} * value;
    }
  }
  const auto count = static_cast<double>(matrix.tokens);
  for (size_t i = 0; i < matrix.features; ++i) {
    seen.mean.push_back(static_cast<float>(sums[i] / count));
    seen.root_mean_square.push_back(static_cast<float>(std::sqrt(squares[i] / count)));
  }
  return seen;
}

// One pass over all texts at once. Its members are the state that a layer's steps share.
template <typename Scalar>
class Pass {
 public:
  Pass(const Encoder& encoder, const std::vector<TokenIds>& texts, int threads)
      : encoder_(encoder), threads_(threads > 0 ? threads : ReadCpuBudget().workers) {
    size_t begin = 0;
    for (const TokenIds& ids : texts) {
      texts_.push_back({begin, begin + ids.size()});
      begin += ids.size();
    }
  }

  // `statistics`: [layers], or null.
  Result<TokenMatrix<Scalar>> Run(const std::vector<TokenIds>& texts,
                                  std::vector<LayerStatistics>* statistics) {
    VETOR_ASSIGN_OR_RETURN(TokenMatrix<Scalar> x, EmbedTokens<Scalar>(encoder_, texts));
    Normalize(encoder_.embedding_norm, x);
    LayerStatistics unwanted;
    for (size_t i = 0; i < encoder_.layers.size(); ++i) {
      const EncoderLayer& layer = encoder_.layers[i];
      LayerStatistics& seen = statistics == nullptr ? unwanted : (*statistics)[i];
      observe_ = statistics != nullptr;
      TokenMatrix<Scalar> a = x;
      Normalize(layer.attention_in_norm, a);
      a = Attention(layer.attention, a, seen);
      Normalize(layer.attention_out_norm, a);
      Add(a, x);
      Normalize(layer.attention_after_norm, x);
      TokenMatrix<Scalar> f = x;
      Normalize(layer.feed_forward_in_norm, f);
      f = FeedForward(layer.feed_forward, f, seen);
      Normalize(layer.feed_forward_out_norm, f);
      Add(f, x);
      Normalize(layer.feed_forward_after_norm, x);
      // Else all weights would be in memory in the end.
      if (encoder_.weights) encoder_.weights->DropPages();
    }
    Normalize(encoder_.final_norm, x);
    return x;
  }

  std::span<const TextRange> texts() const { return texts_; }

 private:
  // Calls work(first, last) for blocks of a matrix's tokens.
  template <typename Work>
  void ForTokens(const TokenMatrix<Scalar>& matrix, const Work& work) const {
    RunBlocks((matrix.tokens + kBlockTokens - 1) / kBlockTokens, threads_, [&](size_t block) {
      const size_t first = block * kBlockTokens;
      work(first, std::min(first + kBlockTokens, matrix.tokens));
    });
  }

  void Normalize(const std::optional<NormWeights>& weights, TokenMatrix<Scalar>& x) const {
    if (!weights) return;
    const Norm<Scalar> norm = ReadNorm<Scalar>(*weights, x.features);
    ForTokens(x, [&](size_t first, size_t last) {
      for (size_t token = first; token < last; ++token) {
        ApplyNorm(norm, std::span<Scalar>(x.row(token), x.features));
      }
    });
  }

  void Add(const TokenMatrix<Scalar>& addend, TokenMatrix<Scalar>& x) const {
    for (size_t i = 0; i < x.values.size(); ++i) x.values[i] += addend.values[i];
  }

  TokenMatrix<Scalar> Attention(const AttentionWeights& weights, const TokenMatrix<Scalar>& x,
                                LayerStatistics& seen) const {
    if (observe_) seen.attention_in = Observe(x);
    const PackedTokens<Scalar> packed = PackTokens(x, threads_);
    Projections<Scalar> projections{LinearProduct(packed, weights.query, threads_),
                                    LinearProduct(packed, weights.key, threads_),
                                    LinearProduct(packed, weights.value, threads_)};
    const RelativeBias* bias = encoder_.relative_bias ? &*encoder_.relative_bias : nullptr;
    const TokenMatrix<Scalar> mixed = Attend(projections, texts_, {&weights, bias, threads_});
    if (observe_) seen.attention_mixed = Observe(mixed);
    return LinearProduct(PackTokens(mixed, threads_), weights.output, threads_);
  }

  TokenMatrix<Scalar> FeedForward(const FeedForwardWeights& weights, const TokenMatrix<Scalar>& x,
                                  LayerStatistics& seen) const {
    if (observe_) seen.feed_forward_in = Observe(x);
    const PackedTokens<Scalar> packed = PackTokens(x, threads_);
    TokenMatrix<Scalar> inner = LinearProduct(packed, weights.up, threads_);
    std::optional<TokenMatrix<Scalar>> gate;
    if (weights.gate) gate = LinearProduct(packed, *weights.gate, threads_);
    ForTokens(inner, [&](size_t first, size_t last) {
      for (size_t i = first * inner.features; i < last * inner.features; ++i) {
        inner.values[i] = gate ? Activate(weights.activation, gate->values[i]) * inner.values[i]
                               : Activate(weights.activation, inner.values[i]);
      }
    });
    if (observe_) seen.feed_forward_inner = Observe(inner);
    return LinearProduct(PackTokens(inner, threads_), weights.down, threads_);
  }

  const Encoder& encoder_;
  int threads_;
  bool observe_ = false;
  std::vector<TextRange> texts_;
};

}  // namespace

Result<HiddenStates<double>> ReferencePass(const Encoder& encoder,
                                           const std::vector<TokenIds>& texts, int threads) {
  Pass<double> pass(encoder, texts, threads);
  VETOR_ASSIGN_OR_RETURN(const TokenMatrix<double> x, pass.Run(texts, nullptr));
  HiddenStates<double> states;
  for (const TextRange& text : pass.texts()) {
    TokenMatrix<double> rows(text.end - text.begin, x.features);
    std::copy(x.row(text.begin), x.row(text.begin) + rows.values.size(), rows.values.begin());
    states.push_back(std::move(rows));
  }
  return states;
}

Result<std::vector<LayerStatistics>> ObserveInputs(const Encoder& encoder,
                                                   const std::vector<TokenIds>& texts,
                                                   int threads) {
  if (texts.empty()) {
    return InvalidArgumentError("calibration: no text is given, expected at least one");
  }
  std::vector<LayerStatistics> statistics(encoder.layers.size());
  Pass<float> pass(encoder, texts, threads);
  VETOR_RETURN_IF_ERROR(pass.Run(texts, &statistics).status());
  return statistics;
}

}  // namespace vetor
