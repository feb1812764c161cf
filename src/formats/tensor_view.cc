#include "formats/tensor_view.h"

#include <cassert>

namespace vetor {

uint64_t TensorView::elements() const {
  uint64_t product = 1;
  for (const uint64_t dim : shape) product *= dim;
  return product;
}

std::vector<float> ToFloats(const TensorView& tensor) {
  std::vector<float> floats(tensor.bytes.size() / FloatBytes(tensor.type));
  ReadFloats(tensor.type, tensor.bytes, floats);
  return floats;
}

void ToFloats(const TensorView& tensor, uint64_t first, std::span<float> floats) {
  const size_t width = FloatBytes(tensor.type);
  assert(first + floats.size() <= tensor.bytes.size() / width);
  ReadFloats(tensor.type, tensor.bytes.substr(first * width), floats);
}

Result<TensorView> Rows(const TensorView& tensor, uint64_t begin, uint64_t end) {
  const uint64_t rows = tensor.shape.empty() ? 0 : tensor.shape[0];
  if (begin > end || end > rows) {
    return InvalidArgumentError("rows " + std::to_string(begin) + " to " + std::to_string(end) +
                                " of tensor \"" + tensor.name + "\" were asked for, but it has " +
                                std::to_string(rows));
  }
  TensorView part = tensor;
  part.shape[0] = end - begin;
  const uint64_t row_bytes = rows == 0 ? 0 : tensor.bytes.size() / rows;
  part.bytes = tensor.bytes.substr(begin * row_bytes, (end - begin) * row_bytes);
  return part;
}

}  // namespace vetor
