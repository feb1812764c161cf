// The payload of a record whose text became one vector: float32 components, as the machine keeps
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "cache/record.h"
#include "service/embed_call.h"

namespace vetor {

/// Vectors of a batch, [rows, dim]. Each record of a row keeps all of them alive.
class DenseBlock {
 public:
  DenseBlock(size_t rows, size_t dim);
  std::span<float> values() { return {values_.get(), rows_ * dim_}; }
  /// Row `row` as a record without infos.
  Record RecordOf(size_t row) const;

 private:
  size_t rows_;
  size_t dim_;
  std::shared_ptr<float[]> values_;
};

/// Whether a payload is a vector of so many components.
inline bool IsDense(const Record& record, size_t dim) {
  return record.payload.size() == dim * sizeof(float);
}

/// Copies the vector. REQUIRES: IsDense(record, out.size()).
void CopyDense(const Record& record, std::span<float> out);

/// The mean of the windows' vectors, weighted by their tokens, and `normalize`: scaled to length 1.
void JoinDense(std::span<const WindowPart> windows, bool normalize, Record* record);

}  // namespace vetor
