#include "arithmetic_limit.h"

namespace vetor {
namespace {

// The pairs of a text's tokens that see each other.
double Pairs(const AttentionWeights& attention, double tokens) {
  const double window = attention.window;
  const bool all = window == 0 || window >= tokens;
  const double reached =
      all ? tokens * (tokens - 1) / 2 : window * (tokens - window) + window * (window - 1) / 2;
  return tokens + (attention.causal ? reached : 2 * reached);
}

}  // namespace

double LimitSeconds(const Encoder& encoder, std::span<const uint32_t> lengths,
                    const ProductRates& rates) {
  double per_token = 0;
  for (const EncoderLayer& layer : encoder.layers) {
    const AttentionWeights& a = layer.attention;
    for (const LinearWeights* w : {&a.query, &a.key, &a.value, &a.output, &layer.feed_forward.up,
                                   &layer.feed_forward.down}) {
      per_token += 2.0 * static_cast<double>(w->weight.elements());
    }
    if (layer.feed_forward.gate) {
      per_token += 2.0 * static_cast<double>(layer.feed_forward.gate->weight.elements());
    }
  }
  double seconds = 0;
  for (const uint32_t length : lengths) {
    const double tokens = length;
    seconds += tokens * per_token / rates.linear;
    for (const EncoderLayer& layer : encoder.layers) {
      const AttentionWeights& a = layer.attention;
      seconds += Pairs(a, tokens) * 4.0 * a.heads * a.head_dim / rates.attention;
    }
  }
  return seconds;
}

}  // namespace vetor
