#include "encoder/quantize/quantized_weights.h"

#include <algorithm>
#include <cmath>

#include "encoder/linear_reader.h"
#include "kernels/task_loop.h"

namespace vetor {
namespace {

constexpr size_t kLinearBlockRows = 64;

// Adding and taking away 1.5 * 2^23 rounds to the nearest integer, halves to even, for |x| < 2^22:
// a plain addition that compilers vectorise, unlike std::nearbyint without SSE4.1.
float RoundToInteger(float x) {
  constexpr float kMagic = 12582912.0F;
  return (x + kMagic) - kMagic;
}

// values = round(row / scale) with the row's largest |value| at `levels`.
float QuantizeRow(std::span<const float> row, int levels, int8_t* values) {
  float largest = 0;
  for (const float x : row) largest = std::max(largest, std::abs(x));
  const auto top = static_cast<float>(levels);
  const float scale = largest > 0 ? largest / top : 1 / top;
  const float inverse = 1 / scale;
  for (size_t i = 0; i < row.size(); ++i) {
    // The inverse's own rounding may reach past the last level.
    const float level = std::clamp(RoundToInteger(row[i] * inverse), -top, top);
    values[i] = static_cast<int8_t>(level);
  }
  return scale;
}

// A part of a packed layer: where its columns start.
struct Part {
  const LinearWeights* linear;
  size_t first_output;
};

// Rows [begin, end) of a part.
struct RowBlock {
  Part part;
  size_t begin;
  size_t end;
};

void QuantizeBlock(const RowBlock& block, const LinearInput& input, int levels,
                   QuantizedLinear& result) {
  const size_t depth = result.inputs;
  std::vector<float> weights((block.end - block.begin) * depth);
  ReadByOutput(*block.part.linear, {block.begin, block.end - block.begin, 0, depth}, weights.data(),
               depth);
  std::vector<float> row(depth);
  std::vector<int8_t> values(depth);
  for (size_t o = block.begin; o < block.end; ++o) {
    const float* source = weights.data() + (o - block.begin) * depth;
    std::copy_n(source, depth, row.begin());
    for (size_t k = 0; k < input.smoothing.size(); ++k) row[k] *= input.smoothing[k];
    const size_t column = block.part.first_output + o;
    for (size_t i = 0; i < input.exact.size(); ++i) {
      result.exact_weights[i * result.outputs + column] = source[input.exact[i]];
      row[input.exact[i]] = 0;
    }
    const float scale = QuantizeRow(row, levels, values.data());
    double sum = 0;
    double error = 0;
    for (size_t k = 0; k < depth; ++k) {
      result.values[k * result.outputs + column] = values[k];
      sum += values[k];
      if (input.mean.empty()) continue;
      const double smoothing = input.smoothing.empty() ? 1 : double{input.smoothing[k]};
      const double difference = double{row[k]} - values[k] * double{scale};
      error += double{input.mean[k]} / smoothing * difference;
    }
    result.scales[column] = scale;
    result.column_sums[column] = static_cast<float>(sum * double{scale});
    result.bias[column] = static_cast<float>(double{result.bias[column]} + error);
  }
}

}  // namespace

QuantizedLinear QuantizeLinear(std::span<const LinearWeights* const> parts,
                               const LinearInput& input, const WeightRounding& rounding) {
  QuantizedLinear result;
  result.inputs = parts[0]->inputs();
  std::vector<RowBlock> blocks;
  for (const LinearWeights* linear : parts) {
    const size_t rows = linear->outputs();
    for (size_t begin = 0; begin < rows; begin += kLinearBlockRows) {
      blocks.push_back({{linear, result.outputs}, begin, std::min(begin + kLinearBlockRows, rows)});
    }
    result.outputs += rows;
    if (!linear->bias.empty()) {
      const std::vector<float> bias = ToFloats(linear->bias);
      result.bias.insert(result.bias.end(), bias.begin(), bias.end());
    }
    result.bias.resize(result.outputs);
  }
  result.values.resize(result.inputs * result.outputs);
  result.scales.resize(result.outputs);
  result.column_sums.resize(result.outputs);
  result.exact_weights.resize(input.exact.size() * result.outputs);
  RunBlocks(blocks.size(), rounding.threads,
            [&](size_t block) { QuantizeBlock(blocks[block], input, rounding.levels, result); });
  return result;
}

QuantizedRows QuantizeTableRows(const TensorView& table, size_t begin, size_t end) {
  const size_t columns = table.shape[1];
  const std::vector<float> rows = ToFloats(*Rows(table, begin, end));
  QuantizedRows result{std::vector<int8_t>(rows.size()), std::vector<float>(end - begin)};
  for (size_t r = 0; r < end - begin; ++r) {
    const std::span<const float> row(rows.data() + r * columns, columns);
    result.scales[r] = QuantizeRow(row, 127, result.values.data() + r * columns);
  }
  return result;
}

}  // namespace vetor
