// A checkpoint's tensors as the weights of a graph: transposed, joined and converted while the file
// is written, in pieces of at most one matrix.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/onnx/onnx_model.h"
#include "formats/tensor_view.h"

namespace vetor {

/// `tensor` as it lies, as kFloat or kFloat16. Writing as kFloat16 fails with FAILED_PRECONDITION
/// when a value is beyond 65504, naming the tensor.
OnnxInitializer TensorWeight(std::string name, const TensorView& tensor,
                             OnnxElement element = OnnxElement::kFloat);

/// PyTorch's [out, in] matrices of one `in`, as MatMul wants them: [in, sum of out], side by side.
OnnxInitializer TransposedWeight(std::string name, std::vector<TensorView> matrices,
                                 OnnxElement element = OnnxElement::kFloat);

/// Values that were computed. REQUIRES: the product of `dims` is values.size().
OnnxInitializer FloatWeight(std::string name, std::vector<int64_t> dims, std::vector<float> values);

/// The nearest binary16, ties to even; infinity beyond 65504 and half a step (IEEE 754-2019).
uint16_t FloatToHalf(float value);

}  // namespace vetor
