// The payload of a text that became one vector: its float32 components as bytes, in the machine's
// order. Cache, in-flight table and disk move such payloads; only this file knows what they mean.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/payload.h"

namespace vetor {

/// Vectors of a batch, [rows, dim], float32. The payload of a row keeps all of them alive.
class DenseBlock {
 public:
  DenseBlock(size_t rows, size_t dim);
  std::span<float> values() { return {values_.get(), rows_ * dim_}; }
  Payload Row(size_t row) const;

 private:
  size_t rows_;
  size_t dim_;
  std::shared_ptr<float[]> values_;
};

/// Whether a payload is a vector of that many components.
inline bool IsDense(std::span<const uint8_t> payload, size_t dim) {
  return payload.size() == dim * sizeof(float);
}

/// Copies the vector. REQUIRES: IsDense(payload, out.size()).
void CopyDense(std::span<const uint8_t> payload, std::span<float> out);

/// The vector of one window of a text.
struct WindowPart {
  std::span<const uint8_t> payload;
  size_t tokens = 0;
};

/// The mean of the windows' vectors, weighted by their tokens, and if `normalize`, scaled to length
/// 1. REQUIRES: at least one window, all of one width.
Payload JoinDense(std::span<const WindowPart> windows, bool normalize);

}  // namespace vetor
