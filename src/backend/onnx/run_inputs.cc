#include "backend/onnx/run_inputs.h"

#include <algorithm>
#include <numeric>
#include <string>

namespace vetor {
namespace {

std::ptrdiff_t At(size_t place) { return static_cast<std::ptrdiff_t>(place); }

// Copies the values of each row of `batch` to its place in a rectangle; the rest of the rectangle
// is `filler`.
void FillRows(std::span<const int64_t> values, const TokenBatch& batch, const RunShape& shape,
              int64_t filler, std::vector<int64_t>* out) {
  out->assign(shape.tokens(), filler);
  for (size_t r = 0; r < shape.rows; ++r) {
    const size_t source = r < batch.rows() ? r : 0;
    const size_t begin = batch.row_begin[source];
    std::copy(values.begin() + At(begin), values.begin() + At(batch.row_begin[source + 1]),
              out->begin() + At(r * shape.length));
  }
}

}  // namespace

Result<RunShape> ShapeFor(const GraphSignature& signature, const TokenBatch& batch) {
  if (signature.joined_rows) return RunShape{.rows = 1, .length = batch.tokens()};
  const bool fixed = signature.fixed_rows > 0 || signature.fixed_length > 0;
  const size_t rows = std::max<size_t>(1, batch.rows());
  RunShape shape{.rows = batch.rows(), .length = batch.tokens() / rows};
  if (!fixed) return shape;
  shape.length = 0;
  for (size_t r = 0; r < batch.rows(); ++r) {
    shape.length = std::max(shape.length, batch.row(r).size());
  }
  if ((signature.fixed_length > 0 && shape.length > signature.fixed_length) ||
      (signature.fixed_rows > 0 && shape.rows > signature.fixed_rows)) {
    return InvalidArgumentError(
        "a batch of " + std::to_string(shape.rows) + " texts of up to " +
        std::to_string(shape.length) +
        " tokens does not fit the graph, which has the fixed length " +
        std::to_string(signature.fixed_length) + " and " + std::to_string(signature.fixed_rows) +
        " rows (0: any); shorten the text, or export the graph with free sizes (dynamic axes)");
  }
  if (signature.fixed_length > 0) shape.length = signature.fixed_length;
  if (signature.fixed_rows > 0) shape.rows = signature.fixed_rows;
  shape.padded = shape.tokens() != batch.tokens();
  return shape;
}

void RunInputs::Pad(const Plan& plan, const TokenBatch& batch) {
  const RunShape& shape = plan.shape;
  FillRows(batch.token_ids, batch, shape, plan.pad_token_id, &padded_ids_);
  FillRows(std::span(ones_).first(batch.tokens()), batch, shape, 0, &padded_mask_);
  if (batch.token_type_ids.empty()) {
    padded_types_.assign(shape.tokens(), 0);
  } else {
    FillRows(batch.token_type_ids, batch, shape, 0, &padded_types_);
  }
}

void RunInputs::CountPositions(const RunShape& shape) {
  positions_.resize(shape.tokens());
  for (size_t r = 0; r < shape.rows; ++r) {
    const auto begin = positions_.begin() + At(r * shape.length);
    std::iota(begin, begin + At(shape.length), 0);
  }
}

std::span<const int64_t> RunInputs::Whole(InputRole role, const TokenBatch& batch,
                                          const RunShape& shape) {
  switch (role) {
    case InputRole::kTokenIds:
      return shape.padded ? std::span<const int64_t>(padded_ids_) : batch.token_ids;
    case InputRole::kAttentionMask:
      return shape.padded ? std::span<const int64_t>(padded_mask_)
                          : std::span(ones_).first(shape.tokens());
    case InputRole::kTokenTypeIds:
      if (shape.padded) return padded_types_;
      if (!batch.token_type_ids.empty()) return batch.token_type_ids;
      return std::span(zeros_).first(shape.tokens());
    case InputRole::kPositionIds:
      CountPositions(shape);
      return positions_;
    case InputRole::kOffsets:
      offsets_.assign(batch.row_begin.begin(), batch.row_begin.end() - 1);
      return offsets_;
    case InputRole::kNoPast:
    case InputRole::kUseCache:
      break;
  }
  return {};
}

Ort::Value RunInputs::MakeNoPast(const GraphInput& input, const Plan& plan) {
  std::vector<int64_t> sizes = input.shape;
  sizes[0] = static_cast<int64_t>(plan.shape.rows);
  for (int64_t& size : std::span(sizes).subspan(1)) size = std::max<int64_t>(size, 0);
  const auto type = input.element == OnnxElement::kFloat16 ? ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16
                                                           : ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
  return Ort::Value::CreateTensor(plan.memory, &nothing_, 0, sizes.data(), sizes.size(), type);
}

Ort::Value RunInputs::MakeTensor(const GraphInput& input, const TokenBatch& batch,
                                 const Plan& plan) {
  const RunShape& shape = plan.shape;
  if (input.role == InputRole::kNoPast) return MakeNoPast(input, plan);
  if (input.role == InputRole::kUseCache) {
    const std::array<int64_t, 1> one = {1};
    return Ort::Value::CreateTensor<bool>(plan.memory, &no_cache_, 1, one.data(),
                                          std::min(one.size(), input.shape.size()));
  }
  const std::span<const int64_t> source = Whole(input.role, batch, shape);
  const std::array<int64_t, 2> rectangle = {static_cast<int64_t>(shape.rows),
                                            static_cast<int64_t>(shape.length)};
  const std::array<int64_t, 1> line = {static_cast<int64_t>(source.size())};
  const bool flat = input.shape.size() == 1;
  const int64_t* sizes = flat ? line.data() : rectangle.data();
  const size_t rank = flat ? line.size() : rectangle.size();
  if (input.element == OnnxElement::kInt32) {
    std::vector<int32_t>& narrow = narrowed_[static_cast<size_t>(input.role)];
    narrow.assign(source.begin(), source.end());
    return Ort::Value::CreateTensor<int32_t>(plan.memory, narrow.data(), narrow.size(), sizes,
                                             rank);
  }
  // The runtime takes non-const memory but only reads inputs.
  return Ort::Value::CreateTensor<int64_t>(plan.memory, const_cast<int64_t*>(source.data()),
                                           source.size(), sizes, rank);
}

std::vector<Ort::Value> RunInputs::Make(const Plan& plan, const TokenBatch& batch) {
  const size_t tokens = std::max(plan.shape.tokens(), batch.tokens());
  if (ones_.size() < tokens) {
    ones_.resize(tokens, 1);
    zeros_.resize(tokens, 0);
  }
  if (plan.shape.padded) Pad(plan, batch);
  std::vector<Ort::Value> values;
  values.reserve(plan.signature.inputs.size());
  for (const GraphInput& input : plan.signature.inputs) {
    values.push_back(MakeTensor(input, batch, plan));
  }
  return values;
}

}  // namespace vetor
