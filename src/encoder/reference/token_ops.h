// The operations of the reference pass on one token at a time: norms and activations.
#pragma once

#include <span>
#include <vector>

#include "encoder/encoder.h"

namespace vetor {

/// A norm's factors as numbers, read out of the checkpoint once.
template <typename Scalar>
struct Norm {
  NormKind kind = NormKind::kLayerNorm;
  std::vector<Scalar> weight;  ///< [features]; `weight_plus_one` already added.
  std::vector<Scalar> bias;    ///< [features], or empty.
  Scalar epsilon = 0;
};

/// REQUIRES: the tensors have `features` elements or are empty.
template <typename Scalar>
Norm<Scalar> ReadNorm(const NormWeights& weights, size_t features);

/// In place. LayerNorm: (x - mean) / sqrt(variance + epsilon) * weight + bias, the variance over
/// the features without Bessel's correction; RMSNorm: x / sqrt(mean of squares + epsilon) * weight.
template <typename Scalar>
void ApplyNorm(const Norm<Scalar>& norm, std::span<Scalar> token);

/// gelu: x/2 (1 + erf(x / sqrt 2)); gelu_tanh: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)));
/// silu: x sigmoid(x); quick_gelu: x sigmoid(1.702 x).
template <typename Scalar>
Scalar Activate(Activation activation, Scalar x);

}  // namespace vetor
