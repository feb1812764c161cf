#include "exporter/graph/weight_source.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/status_macros.h"
#include "formats/half_float.h"

namespace vetor {
namespace {

constexpr uint64_t kPieceFloats = 1 << 18;  // 1 MiB is converted at a time.

std::string_view BytesOf(const auto& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof values[0]};
}

// Writes the floats in the format of the file. `name` is that of the tensor that they come from.
Status WriteFloats(std::span<const float> floats, OnnxElement element, const std::string& name,
                   const ByteSink& sink) {
  if (element == OnnxElement::kFloat) return sink(BytesOf(floats));
  std::vector<uint16_t> halves(floats.size());
  for (size_t i = 0; i < floats.size(); ++i) {
    halves[i] = FloatToHalf(floats[i]);
    if ((halves[i] & 0x7FFFU) >= 0x7C00U) {
      return FailedPreconditionError("weight " + name + " holds " + std::to_string(floats[i]) +
                                     ", expected at most 65504, fp16's largest number; export fp32 "
                                     "or int8 instead");
    }
  }
  return sink(BytesOf(halves));
}

// Writes in pieces, because the file's buffer would otherwise hold a whole embedding table.
Status WriteBytes(std::string_view bytes, const ByteSink& sink) {
  constexpr size_t kPieceBytes = kPieceFloats * sizeof(float);
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kPieceBytes))) {
    VETOR_RETURN_IF_ERROR(sink(bytes.substr(0, kPieceBytes)));
  }
  return Status();
}

Status WriteTensor(const TensorView& tensor, OnnxElement element, const ByteSink& sink) {
  if (element == OnnxElement::kFloat && tensor.type == WeightType::kFloat32) {
    return WriteBytes(tensor.bytes, sink);
  }
  const uint64_t count = tensor.elements();
  std::vector<float> piece;
  for (uint64_t first = 0; first < count; first += piece.size()) {
    piece.resize(std::min(kPieceFloats, count - first));
    ToFloats(tensor, first, piece);
    VETOR_RETURN_IF_ERROR(WriteFloats(piece, element, tensor.name, sink));
  }
  return Status();
}

// Writes the columns [first, last) of the matrix [rows, columns] as rows of `out`, which are
// `stride` floats apart. It works in squares of 16, so that each cache line is used whole.
void TransposeColumns(std::span<const float> matrix, uint64_t columns, uint64_t first,
                      uint64_t stride, std::span<float> out) {
  constexpr uint64_t kSquare = 16;
  const uint64_t rows = matrix.size() / columns;
  const uint64_t taken = (out.size() + stride - rows) / stride;
  for (uint64_t r0 = 0; r0 < rows; r0 += kSquare) {
    const uint64_t r1 = std::min(rows, r0 + kSquare);
    for (uint64_t c = 0; c < taken; ++c) {
      for (uint64_t r = r0; r < r1; ++r) out[c * stride + r] = matrix[r * columns + first + c];
    }
  }
}

Status WriteTransposed(const std::vector<TensorView>& matrices, OnnxElement element,
                       const ByteSink& sink) {
  const uint64_t inputs = matrices[0].shape[1];
  uint64_t outputs = 0;
  std::vector<std::vector<float>> floats;
  for (const TensorView& matrix : matrices) {
    floats.push_back(ToFloats(matrix));
    outputs += matrix.shape[0];
  }
  const uint64_t block = std::max<uint64_t>(1, kPieceFloats / std::max<uint64_t>(1, outputs));
  std::vector<float> piece;
  for (uint64_t first = 0; first < inputs; first += block) {
    piece.resize(std::min(block, inputs - first) * outputs);
    uint64_t column = 0;
    for (size_t i = 0; i < matrices.size(); ++i) {
      TransposeColumns(floats[i], inputs, first, outputs, std::span(piece).subspan(column));
      column += matrices[i].shape[0];
    }
    VETOR_RETURN_IF_ERROR(WriteFloats(piece, element, matrices[0].name, sink));
  }
  return Status();
}

}  // namespace

OnnxInitializer TensorWeight(std::string name, const TensorView& tensor, OnnxElement element) {
  return {.name = std::move(name),
          .element = element,
          .dims = {tensor.shape.begin(), tensor.shape.end()},
          .write = [tensor, element](const ByteSink& sink) {
            return WriteTensor(tensor, element, sink);
          }};
}

OnnxInitializer TransposedWeight(std::string name, std::vector<TensorView> matrices,
                                 OnnxElement element) {
  int64_t outputs = 0;
  for (const TensorView& matrix : matrices) outputs += static_cast<int64_t>(matrix.shape[0]);
  const auto inputs = static_cast<int64_t>(matrices[0].shape[1]);
  return {.name = std::move(name),
          .element = element,
          .dims = {inputs, outputs},
          .write = [matrices = std::move(matrices), element](const ByteSink& sink) {
            return WriteTransposed(matrices, element, sink);
          }};
}

OnnxInitializer FloatWeight(std::string name, std::vector<int64_t> dims,
                            std::vector<float> values) {
  return {.name = std::move(name),
          .element = OnnxElement::kFloat,
          .dims = std::move(dims),
          .write = [values = std::move(values)](const ByteSink& sink) {
            return sink(BytesOf(values));
          }};
}

}  // namespace vetor
