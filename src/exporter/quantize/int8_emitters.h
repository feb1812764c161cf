// Linear layers and embedding tables of a graph in int8, in standard ONNX operators.
//
// Per row, for x [batch, tokens, in], z = x / smoothing:
//   step = (max z - min z) / 255 and offset = min z of each token
//   q    = uint8(z / step - offset / step + 0.5)
//   y    = (q MatMulInteger W) * (step * scales) + [offset, 1, x[exact]] [column_sums; bias; exact]
// The cast truncates, so adding 0.5 rounds; by construction q stays within 0 and 255. The offset
// needs no integer zero point: it is taken back in float. Every operator treats each token on its
// own, so a text's vector is bit for bit the same alone, in a batch, and padded.
//
// In this spelling ONNX Runtime makes MatMulInteger, Cast and both products with scales into one
// MatMulIntegerToFloat, which multiplies by `scales` while it writes the sums, and then by the
// step.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "encoder/quantize/quantization_plan.h"
#include "exporter/graph/emitters.h"

namespace vetor {

/// Quantises when Emit is called, and holds the int8 weights until the graph is destroyed.
class Int8Linear final : public LinearEmitter {
 public:
  Int8Linear(std::shared_ptr<const QuantizationPlan> plan, const Int8Settings& settings)
      : plan_(std::move(plan)), settings_(settings) {}

  Value Emit(GraphBuilder* graph, const Value& x, const std::vector<LinearWeights>& layers,
             std::string_view name) const override;

 private:
  std::shared_ptr<const QuantizationPlan> plan_;
  Int8Settings settings_;
};

/// Stores rows of int8, each with its scale: two Gathers, a Cast and a Mul. Tables of fewer than
/// kLeastInt8Rows rows (positions, token types) stay float32, because they are small and added to
/// every token.
class Int8Embedding final : public EmbeddingEmitter {
 public:
  static constexpr uint64_t kLeastInt8Rows = 10000;

  Value Emit(GraphBuilder* graph, const Value& indices, const TensorView& table,
             std::string_view name) const override;
};

}  // namespace vetor
