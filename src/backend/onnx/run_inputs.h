// Makes the input tensors of one run of a graph from a batch, padded if the graph has fixed sizes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/onnx/graph_signature.h"
#include "backend/onnx/ort.h"
#include "batching/token_batch.h"
#include "vetor/status.h"

namespace vetor {

/// The tokens that a run computes: `rows` times `length`; with joined rows the tokens of the batch.
struct RunShape {
  size_t rows = 0;
  size_t length = 0;
  bool padded = false;  ///< The run has more tokens than the batch: some rows are filled up, or
                        ///< there are more rows.

  size_t tokens() const { return rows * length; }
};

/// The shape that `signature` wants for `batch`. INVALID_ARGUMENT if a row or the number of rows is
/// larger than the graph's own.
Result<RunShape> ShapeFor(const GraphSignature& signature, const TokenBatch& batch);

/// The buffers for the tensors of a run. Each worker keeps its own, which grow as needed. Not
/// thread-safe.
class RunInputs {
 public:
  struct Plan {
    const GraphSignature& signature;
    RunShape shape;
    int64_t pad_token_id = 0;
    const Ort::MemoryInfo& memory;  ///< The memory of the CPU.
  };

  /// Tensors in the order of the signature's inputs, valid until the next call and as long as
  /// `batch`. A row is filled up at its end with the padding id under a mask of zeros. Missing rows
  /// are copies of the first row, so that they have no unusual values.
  std::vector<Ort::Value> Make(const Plan& plan, const TokenBatch& batch);

 private:
  void Pad(const Plan& plan, const TokenBatch& batch);
  void CountPositions(const RunShape& shape);
  std::span<const int64_t> Whole(InputRole role, const TokenBatch& batch, const RunShape& shape);
  Ort::Value MakeTensor(const GraphInput& input, const TokenBatch& batch, const Plan& plan);
  Ort::Value MakeNoPast(const GraphInput& input, const Plan& plan);

  std::vector<int64_t> ones_;
  std::vector<int64_t> zeros_;
  std::vector<int64_t> positions_;
  std::vector<int64_t> offsets_;
  std::vector<int64_t> padded_ids_;
  std::vector<int64_t> padded_types_;
  std::vector<int64_t> padded_mask_;
  std::array<std::vector<int32_t>, 5> narrowed_;  ///< By InputRole, for graphs with int32 inputs.
  float nothing_ = 0;                             ///< Empty tensors point here.
  bool no_cache_ = false;
};

}  // namespace vetor
