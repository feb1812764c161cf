// Channels that are hard to quantise: balanced between activation and weights, or left out.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "encoder/encoder.h"
#include "encoder/reference/reference_pass.h"

namespace vetor {

/// The largest |W[:, k]| over the rows of all `parts`, [inputs].
std::vector<float> LargestWeights(std::span<const LinearWeights* const> parts);

/// s[k] = max|x[k]|^alpha / weights[k]^(1 - alpha), [inputs]: the input is to be divided by s, the
/// weights multiplied, which moves the difficulty of quantising an activation into the weights. For
/// a channel that was always zero, or whose weights are zero, that maximum counts as 1e-5. Xiao et
/// al., "SmoothQuant: Accurate and Efficient Post-Training Quantization for Large Language Models"
/// (2023), equation 4.
std::vector<float> SmoothingFactors(const ChannelStatistics& input, std::span<const float> weights,
                                    double alpha);

/// The `count` channels with the largest max|x[k]| * weights[k], ascending. These channels are
/// worth computing in float. After Dettmers et al., "LLM.int8()" (2022).
std::vector<size_t> OutlierChannels(const ChannelStatistics& input, std::span<const float> weights,
                                    size_t count);

}  // namespace vetor
