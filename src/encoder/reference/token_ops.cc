#include "encoder/reference/token_ops.h"

#include <cmath>
#include <numbers>

namespace vetor {

template <typename Scalar>
Norm<Scalar> ReadNorm(const NormWeights& weights, size_t features) {
  Norm<Scalar> norm;
  norm.kind = weights.kind;
  norm.epsilon = static_cast<Scalar>(weights.epsilon);
  norm.weight.assign(features, Scalar{1});
  if (!weights.weight.empty()) {
    const std::vector<float> factors = ToFloats(weights.weight);
    norm.weight.assign(factors.begin(), factors.end());
    if (weights.weight_plus_one) {
      for (Scalar& factor : norm.weight) factor += Scalar{1};
    }
  }
  if (!weights.bias.empty()) {
    const std::vector<float> bias = ToFloats(weights.bias);
    norm.bias.assign(bias.begin(), bias.end());
  }
  return norm;
}

template <typename Scalar>
void ApplyNorm(const Norm<Scalar>& norm, std::span<Scalar> token) {
  const auto count = static_cast<Scalar>(token.size());
  Scalar mean = 0;
  if (norm.kind == NormKind::kLayerNorm) {
    for (const Scalar x : token) mean += x;
    mean /= count;
  }
  Scalar squares = 0;
  for (const Scalar x : token) squares += (x - mean) * (x - mean);
  const Scalar inverse = Scalar{1} / std::sqrt(squares / count + norm.epsilon);
  for (size_t i = 0; i < token.size(); ++i) {
    token[i] = (token[i] - mean) * inverse * norm.weight[i];
    if (!norm.bias.empty()) token[i] += norm.bias[i];
  }
}

template <typename Scalar>
Scalar Activate(Activation activation, Scalar x) {
  constexpr auto kHalf = static_cast<Scalar>(0.5);
  switch (activation) {
    case Activation::kGelu:
      return kHalf * x * (Scalar{1} + std::erf(x / std::numbers::sqrt2_v<Scalar>));
    case Activation::kGeluTanh: {
      const Scalar factor =
          std::numbers::sqrt2_v<Scalar> * std::numbers::inv_sqrtpi_v<Scalar>;  // sqrt(2/pi)
      const Scalar inner = factor * (x + static_cast<Scalar>(0.044715) * x * x * x);
      return kHalf * x * (Scalar{1} + std::tanh(inner));
    }
    case Activation::kRelu:
      return x > 0 ? x : Scalar{0};
    case Activation::kSilu:
      return x / (Scalar{1} + std::exp(-x));
    case Activation::kQuickGelu:
      return x / (Scalar{1} + std::exp(static_cast<Scalar>(-1.702) * x));
  }
  return x;
}

template Norm<double> ReadNorm(const NormWeights&, size_t);
template Norm<float> ReadNorm(const NormWeights&, size_t);
template void ApplyNorm(const Norm<double>&, std::span<double>);
template void ApplyNorm(const Norm<float>&, std::span<float>);
template double Activate(Activation, double);
template float Activate(Activation, float);

}  // namespace vetor
