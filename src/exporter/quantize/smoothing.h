// SmoothQuant: what is hard to quantise in an activation moves into the weights.
// Xiao et al., "SmoothQuant: Accurate and Efficient Post-Training Quantization for Large Language
// Models" (2023), equation 4.
#pragma once

#include <span>
#include <vector>

#include "exporter/encoder.h"
#include "exporter/reference/reference_pass.h"

namespace vetor {

/// s[k] = max|x[k]|^alpha / max|W[:, k]|^(1 - alpha), [inputs], over the rows of all `parts`. The
/// input is to be divided by s, the weights multiplied. A channel that was always zero, or whose
/// weights are, counts as 1e-5.
std::vector<float> SmoothingFactors(const ChannelStatistics& input,
                                    std::span<const LinearWeights* const> parts, double alpha);

}  // namespace vetor
