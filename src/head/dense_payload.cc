#include "head/dense_payload.h"

#include <cstring>
#include <vector>

#include "kernels/vector_norm.h"

namespace vetor {

DenseBlock::DenseBlock(size_t rows, size_t dim)
    : rows_(rows), dim_(dim), values_(std::make_shared_for_overwrite<float[]>(rows * dim)) {}

Payload DenseBlock::Row(size_t row) const {
  const auto* first = reinterpret_cast<const uint8_t*>(values_.get() + row * dim_);
  return {.bytes = {first, dim_ * sizeof(float)}, .owner = values_};
}

void CopyDense(std::span<const uint8_t> payload, std::span<float> out) {
  std::memcpy(out.data(), payload.data(), payload.size());
}

Payload JoinDense(std::span<const WindowPart> windows, bool normalize) {
  const size_t dim = windows.front().payload.size() / sizeof(float);
  std::vector<double> mean(dim, 0);
  std::vector<float> vector(dim);
  double tokens = 0;
  for (const WindowPart& window : windows) {
    const auto weight = static_cast<double>(window.tokens);
    std::memcpy(vector.data(), window.payload.data(), window.payload.size());
    for (size_t c = 0; c < dim; ++c) mean[c] += weight * static_cast<double>(vector[c]);
    tokens += weight;
  }
  double square = 0;
  for (double& component : mean) {
    component /= tokens;
    square += component * component;
  }
  const double divisor = normalize ? UnitDivisor(square) : 1.0;
  DenseBlock block(1, dim);
  for (size_t c = 0; c < dim; ++c) block.values()[c] = static_cast<float>(mean[c] / divisor);
  return block.Row(0);
}

}  // namespace vetor
