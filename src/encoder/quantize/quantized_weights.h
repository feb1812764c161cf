// Weights as int8: their stored form, and how they are made from a checkpoint.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "encoder/encoder.h"

namespace vetor {

/// Linear layers that read the same input, as one:
///   x Wt + bias is about scales * (q values) + x[exact] exact_weights + bias,
/// where q is about x / smoothing.
struct QuantizedLinear {
  size_t inputs = 0;
  size_t outputs = 0;
  std::vector<int8_t> values;      ///< [inputs, outputs]: the right side of MatMulInteger.
  std::vector<float> scales;       ///< [outputs]
  std::vector<float> column_sums;  ///< [outputs]: the output's change if every q grows by 1.
  std::vector<float> bias;         ///< [outputs]
  /// [exact channels, outputs]: the weights of LinearInput::exact, which are zeros in `values`.
  std::vector<float> exact_weights;
};

/// What is known of a linear layer's input. Empty vectors mean that nothing is known.
struct LinearInput {
  std::vector<float> smoothing;  ///< [inputs]: the input is divided by it, the weights multiplied.
  std::vector<float> mean;       ///< [inputs], before smoothing.
  std::vector<size_t> exact;     ///< Channels that stay in float, ascending.
};

/// Symmetric rounding with one scale per output row: values = round(W * smoothing / scale), scale =
/// largest |W * smoothing| of the row / `levels`. `levels`: 127, or 63 for processors that add up
/// products of 8 bits in 16 (Int8Settings::reduce_range). With a mean, the average error of the
/// rounding, mean * (W - values * scales / smoothing), is added to the bias: on MiniLM it takes the
/// mean cosine to fp32 from 0.99903 to 0.99925. Rows of zeros get scale 1 / levels and stay exact.
/// Weights are read in blocks of rows on `threads` threads. REQUIRES: all `parts` have the same
/// number of inputs; vectors of `input` fit or are empty.
struct WeightRounding {
  int levels = 127;
  int threads = 1;
};
QuantizedLinear QuantizeLinear(std::span<const LinearWeights* const> parts,
                               const LinearInput& input, const WeightRounding& rounding);

/// Rows [begin, end) of an embedding table: row r is about values[r, :] * scales[r].
struct QuantizedRows {
  std::vector<int8_t> values;  ///< [rows, columns]
  std::vector<float> scales;   ///< [rows]
};
QuantizedRows QuantizeTableRows(const TensorView& table, size_t begin, size_t end);

}  // namespace vetor
