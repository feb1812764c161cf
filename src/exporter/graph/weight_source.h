// Makes weights of a graph from a checkpoint's tensors. They are transposed, joined and converted
// while the file is written, in pieces of at most one matrix.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/onnx/onnx_model.h"
#include "formats/tensor_view.h"

namespace vetor {

/// `tensor` with its layout, as kFloat or kFloat16. Writing as kFloat16 fails with
/// FAILED_PRECONDITION, which names the tensor, if a value is beyond 65504.
OnnxInitializer TensorWeight(std::string name, const TensorView& tensor,
                             OnnxElement element = OnnxElement::kFloat);

/// Takes PyTorch's matrices [out, in], which share `in`, and lays them side by side as MatMul needs
/// them: [in, sum of out].
OnnxInitializer TransposedWeight(std::string name, std::vector<TensorView> matrices,
                                 OnnxElement element = OnnxElement::kFloat);

/// A weight whose values were computed. REQUIRES: the product of `dims` is values.size().
OnnxInitializer FloatWeight(std::string name, std::vector<int64_t> dims, std::vector<float> values);

}  // namespace vetor
