// Rotary position embedding (Su et al. 2021, arXiv 2104.09864): frequencies from config.json.
#pragma once

#include <string_view>

#include "encoder/encoder.h"
#include "encoder/families/weight_reader.h"

namespace vetor {

/// The range of theta, the base of the frequencies.
inline constexpr Range kThetaRange = {1, 1e15};

/// theta^(-2i / rotated_dim) for i < rotated_dim / 2. Fails the reader unless rotated_dim is even
/// and above 0, because two halves are rotated into each other.
Rotary PlainRotary(WeightReader* reader, double theta, int rotated_dim);

/// Plain with config.json's "rope_scaling" or "rope_parameters" applied: type "default", "linear"
/// (frequencies divided by "factor") or "ntk" (gte: theta times factor, then divided by
/// factor^(2 / rotated_dim)). Another type fails the reader, UNIMPLEMENTED, by name.
Rotary ScaledRotary(WeightReader* reader, double theta, int rotated_dim);

/// The theta of layers of `layer_type` ("full_attention", "sliding_attention"): newer files keep it
/// in "rope_parameters", of one kind or by layer type, older ones under `key`. Within kThetaRange.
double RotaryTheta(WeightReader* reader, std::string_view layer_type, std::string_view key,
                   double otherwise);

}  // namespace vetor
