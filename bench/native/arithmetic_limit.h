// The least time that an encoder's multiplications take on this machine: what measured times are
// held to, as a share.
#pragma once

#include <cstdint>
#include <span>

#include "encoder/encoder.h"

namespace vetor {

/// Operations per second.
struct ProductRates {
  double linear;
  double attention;  ///< In float32 in all precisions, so that their limits can be compared.
};

/// Seconds that the linear layers and the attention of `encoder` take for texts of these lengths
/// (in tokens) if every multiply-add runs at `rates` (PeakFlops). Norms, activations, softmax, the
/// embedding and pooling count as nothing.
double LimitSeconds(const Encoder& encoder, std::span<const uint32_t> lengths,
                    const ProductRates& rates);

}  // namespace vetor
