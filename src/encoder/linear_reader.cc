#include "encoder/linear_reader.h"

#include <vector>

namespace vetor {
namespace {

// Rows of a matrix as it lies, [rows, columns] with `width` columns in all, to target[r * stride].
struct Window {
  uint64_t first_row, rows;
  uint64_t first_column, columns;
};

uint64_t WidthOf(const LinearWeights& linear) { return linear.weight.shape[1]; }

void Copy(const LinearWeights& linear, const Window& window, float* target, size_t stride) {
  for (uint64_t r = 0; r < window.rows; ++r) {
    const uint64_t first = (window.first_row + r) * WidthOf(linear) + window.first_column;
    ToFloats(linear.weight, first, {target + r * stride, window.columns});
  }
}

void CopyTransposed(const LinearWeights& linear, const Window& window, float* target,
                    size_t stride) {
  std::vector<float> row(window.columns);
  for (uint64_t r = 0; r < window.rows; ++r) {
    const uint64_t first = (window.first_row + r) * WidthOf(linear) + window.first_column;
    ToFloats(linear.weight, first, row);
    for (uint64_t c = 0; c < window.columns; ++c) target[c * stride + r] = row[c];
  }
}

Window ByOutput(const WeightBlock& block) {
  return {block.first_output, block.outputs, block.first_input, block.inputs};
}

Window ByInput(const LinearWeights& linear, const WeightBlock& block) {
  return {block.first_input, block.inputs, linear.first_column + block.first_output, block.outputs};
}

}  // namespace

void ReadByOutput(const LinearWeights& linear, const WeightBlock& block, float* target,
                  size_t stride) {
  if (linear.by_input) {
    CopyTransposed(linear, ByInput(linear, block), target, stride);
  } else {
    Copy(linear, ByOutput(block), target, stride);
  }
}

void ReadByInput(const LinearWeights& linear, const WeightBlock& block, float* target,
                 size_t stride) {
  if (linear.by_input) {
    Copy(linear, ByInput(linear, block), target, stride);
  } else {
    CopyTransposed(linear, ByOutput(block), target, stride);
  }
}

}  // namespace vetor
