#include "formats/onnx/onnx_model.h"

namespace vetor {

uint64_t OnnxInitializer::bytes() const {
  uint64_t bytes = OnnxElementBytes(element);
  for (const int64_t dim : dims) bytes *= static_cast<uint64_t>(dim);
  return bytes;
}

}  // namespace vetor
