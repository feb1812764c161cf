#include "encoder/reference/attention.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "encoder/reference/token_ops.h"
#include "kernels/task_loop.h"

namespace vetor {
namespace {

// (x1, x2) -> (x1 cos - x2 sin, x2 cos + x1 sin), the halves of the first rotated_dim components.
template <typename Scalar>
void Rotate(const Rotary& rotary, size_t position, Scalar* head) {
  const auto half = static_cast<size_t>(rotary.rotated_dim) / 2;
  for (size_t i = 0; i < half; ++i) {
    const double angle = static_cast<double>(position) * rotary.inverse_frequencies[i];
    const auto cosine = static_cast<Scalar>(std::cos(angle) * rotary.attention_factor);
    const auto sine = static_cast<Scalar>(std::sin(angle) * rotary.attention_factor);
    const Scalar first = head[i];
    const Scalar second = head[i + half];
    head[i] = first * cosine - second * sine;
    head[i + half] = second * cosine + first * sine;
  }
}

// Per-head norm and rotation of query or key.
template <typename Scalar>
void PrepareHeads(const std::optional<NormWeights>& norm_weights, const AttentionSetting& setting,
                  std::span<const TextRange> texts, TokenMatrix<Scalar>& matrix) {
  const std::optional<Rotary>& rotary = setting.weights->rotary;
  if (!norm_weights && !rotary) return;
  const auto head_dim = static_cast<size_t>(setting.weights->head_dim);
  Norm<Scalar> norm;
  if (norm_weights) norm = ReadNorm<Scalar>(*norm_weights, head_dim);
  RunBlocks(texts.size(), setting.threads, [&](size_t text) {
    for (size_t token = texts[text].begin; token < texts[text].end; ++token) {
      for (size_t start = 0; start < matrix.features; start += head_dim) {
        Scalar* head = matrix.row(token) + start;
        if (norm_weights) ApplyNorm(norm, std::span<Scalar>(head, head_dim));
        if (rotary) Rotate(*rotary, token - texts[text].begin, head);
      }
    }
  });
}

// One head's column of the table [buckets, heads] by distance: [distance + n - 1] for texts of n
// tokens.
template <typename Scalar>
std::vector<Scalar> BiasByDistance(const RelativeBias& bias, size_t head, size_t tokens) {
  const std::vector<float> table = ToFloats(bias.table);
  const size_t heads = bias.table.shape[1];
  std::vector<Scalar> result(2 * tokens - 1);
  for (size_t d = 0; d < result.size(); ++d) {
    const int64_t distance = static_cast<int64_t>(d) - static_cast<int64_t>(tokens - 1);
    result[d] = table[BiasRow(bias, distance) * heads + head];
  }
  return result;
}

// The keys that a query at `position` of a text of `tokens` sees: [first, second).
std::pair<size_t, size_t> VisibleKeys(const AttentionWeights& weights, size_t position,
                                      size_t tokens) {
  const auto window = static_cast<size_t>(weights.window);
  const size_t begin = window > 0 && position > window ? position - window : 0;
  const size_t ahead = window > 0 ? std::min(tokens, position + window + 1) : tokens;
  return {begin, weights.causal ? std::min(ahead, position + 1) : ahead};
}

template <typename Scalar>
Scalar Dot(const Scalar* a, const Scalar* b, size_t count) {
  Scalar sum = 0;
  for (size_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

// scores -> weights that add up to 1.
template <typename Scalar>
void Softmax(std::span<Scalar> scores) {
  const Scalar largest = *std::max_element(scores.begin(), scores.end());
  Scalar total = 0;
  for (Scalar& score : scores) {
    score = std::exp(score - largest);
    total += score;
  }
  for (Scalar& score : scores) score /= total;
}

// One head of one text.
struct HeadTask {
  TextRange text;
  size_t head;
};

template <typename Scalar>
void AttendHead(const Projections<Scalar>& in, const HeadTask& task,
                const AttentionSetting& setting, TokenMatrix<Scalar>& mixed) {
  const AttentionWeights& weights = *setting.weights;
  const auto head_dim = static_cast<size_t>(weights.head_dim);
  const size_t query_start = task.head * head_dim;
  const auto shared_by = static_cast<size_t>(weights.heads / weights.key_value_heads);
  const size_t key_start = task.head / shared_by * head_dim;
  const auto [begin, text_end] = task.text;
  const size_t tokens = text_end - begin;
  std::vector<Scalar> bias;
  if (setting.relative_bias != nullptr) {
    bias = BiasByDistance<Scalar>(*setting.relative_bias, task.head, tokens);
  }
  std::vector<Scalar> scores(tokens);
  for (size_t i = 0; i < tokens; ++i) {
    const auto [first, last] = VisibleKeys(weights, i, tokens);
    for (size_t j = first; j < last; ++j) {
      scores[j] =
          Dot(in.query.row(begin + i) + query_start, in.key.row(begin + j) + key_start, head_dim) *
          static_cast<Scalar>(weights.scale);
      if (!bias.empty()) scores[j] += bias[j + tokens - 1 - i];
    }
    Softmax(std::span<Scalar>(scores.data() + first, last - first));
    Scalar* out = mixed.row(begin + i) + query_start;
    for (size_t j = first; j < last; ++j) {
      const Scalar* value = in.value.row(begin + j) + key_start;
      for (size_t d = 0; d < head_dim; ++d) out[d] += scores[j] * value[d];
    }
  }
}

}  // namespace

size_t RelativeBucket(int64_t distance, size_t buckets, int max_distance) {
  const size_t half = buckets / 2;
  const size_t exact = half / 2;
  const size_t offset = distance > 0 ? half : 0;
  const auto far = static_cast<size_t>(std::llabs(distance));
  if (far < exact) return offset + far;
  const auto exact_float = static_cast<float>(exact);
  const auto span =
      static_cast<float>(std::log(static_cast<double>(max_distance) / static_cast<double>(exact)));
  const float step = std::log(static_cast<float>(far) / exact_float) / span;
  const auto bucket = exact + static_cast<size_t>(step * static_cast<float>(half - exact));
  return offset + std::min(half - 1, bucket);
}

size_t BiasRow(const RelativeBias& bias, int64_t distance) {
  if (!bias.by_distance) return RelativeBucket(distance, bias.table.shape[0], bias.max_distance);
  const int64_t far = bias.max_distance;
  return static_cast<size_t>(std::clamp(distance, -far, far) + far);
}

template <typename Scalar>
TokenMatrix<Scalar> Attend(Projections<Scalar>& projections, std::span<const TextRange> texts,
                           const AttentionSetting& setting) {
  PrepareHeads(setting.weights->query_norm, setting, texts, projections.query);
  PrepareHeads(setting.weights->key_norm, setting, texts, projections.key);
  TokenMatrix<Scalar> mixed(projections.query.tokens, projections.query.features);
  const auto heads = static_cast<size_t>(setting.weights->heads);
  RunBlocks(texts.size() * heads, setting.threads, [&](size_t block) {
    AttendHead(projections, {texts[block / heads], block % heads}, setting, mixed);
  });
  return mixed;
}

template TokenMatrix<double> Attend(Projections<double>&, std::span<const TextRange>,
                                    const AttentionSetting&);
template TokenMatrix<float> Attend(Projections<float>&, std::span<const TextRange>,
                                   const AttentionSetting&);

}  // namespace vetor
