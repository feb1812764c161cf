#include "encoder/recogniser/token_rules.h"

#include <algorithm>
#include <cmath>

#include "base/status_macros.h"
#include "encoder/recogniser/attention_rules.h"
#include "encoder/recogniser/distance_rules.h"
#include "encoder/recogniser/head_rules.h"
#include "encoder/recogniser/size_rules.h"
#include "encoder/recogniser/stacked_head_rules.h"

namespace vetor::recogniser {
namespace {

bool IsHidden(const Shape& shape) {
  return shape.size() == 3 && shape[0] == kBatchExtent && shape[1] == kTokensExtent &&
         shape[2].is_number();
}

// The table's rows as vectors of tokens, in the shape of their indices.
Symbol Embedding(const Symbol& table, const Symbol& indices) {
  Symbol symbol{.kind = Kind::kEmbedding, .shape = indices.shape};
  symbol.shape.push_back(table.shape[1]);
  symbol.type = table.type;
  return symbol;
}

const Symbol* LookUpWords(NodeCall& call, const Symbol& table, const Symbol& indices) {
  Symbol symbol = Embedding(table, indices);
  switch (indices.kind) {
    case Kind::kTokenIds:
      symbol.lookups.word = table.tensor;
      break;
    case Kind::kTokenTypes:
      symbol.lookups.token_type = table.tensor;
      symbol.lookups.token_type_input = true;
      break;
    case Kind::kPositions:
      symbol.lookups.position_rule = PositionRule::kAfterPadding;
      symbol.lookups.position = table.tensor;
      symbol.lookups.pad_token_id = indices.offset;
      break;
    default:
      return nullptr;
  }
  return call.New(std::move(symbol));
}

// One row for all tokens, or the rows from `offset` on for the first, the second, ... token.
const Symbol* LookUpPlaces(NodeCall& call, const Symbol& table, const Symbol& indices) {
  const auto rows = static_cast<int64_t>(table.tensor.shape[0]);
  const size_t rank = indices.shape.size();
  size_t last_step = rank;
  for (size_t axis = 0; axis < rank; ++axis) {
    if (indices.steps[axis] == 0) continue;
    if (last_step != rank || indices.steps[axis] != 1) return nullptr;
    last_step = axis;
  }
  if (indices.offset < 0 || indices.offset >= rows) return nullptr;
  const auto first = static_cast<uint64_t>(indices.offset);
  Symbol symbol = Embedding(table, indices);
  if (last_step == rank) {
    auto row = Rows(table.tensor, first, first + 1);
    if (!row.ok()) return nullptr;
    symbol.lookups.token_type = *std::move(row);
    return call.New(std::move(symbol));
  }
  auto row = Rows(table.tensor, first, table.tensor.shape[0]);
  if (!row.ok() || last_step + 1 != rank || !(indices.shape[last_step] == kTokensExtent)) {
    return nullptr;
  }
  symbol.lookups.position_rule = PositionRule::kSequence;
  symbol.lookups.position = *std::move(row);
  symbol.lookups.most_positions = indices.high;
  return call.New(std::move(symbol));
}

// One row of a constant index.
const Symbol* LookUpRow(NodeCall& call, const Symbol& table, const Symbol& indices) {
  if (indices.kind != Kind::kSizes || indices.sizes.size() != 1 || !indices.sizes[0].is_number()) {
    return nullptr;
  }
  Symbol index{.kind = Kind::kIndex, .shape = indices.shape, .offset = indices.sizes[0].count};
  index.steps.assign(indices.shape.size(), 0);
  return LookUpPlaces(call, table, index);
}

// Whether both say something of the same part.
bool Overlap(const Lookups& a, const Lookups& b) {
  return (!a.word.empty() && !b.word.empty()) || (!a.position.empty() && !b.position.empty()) ||
         (!a.token_type.empty() && !b.token_type.empty());
}

}  // namespace

const Symbol* LookUpRows(NodeCall& call, const Symbol& table, const Symbol& indices) {
  if (table.kind != Kind::kTensor || table.shape.size() != 2 || table.turned) return nullptr;
  const Symbol* found = LookUpWords(call, table, indices);
  if (found == nullptr && indices.kind == Kind::kIndex) found = LookUpPlaces(call, table, indices);
  return found == nullptr ? LookUpRow(call, table, indices) : found;
}

bool IsTokenVectors(const Symbol& symbol) {
  switch (symbol.kind) {
    case Kind::kEmbedding:
    case Kind::kLinear:
    case Kind::kNorm:
    case Kind::kSum:
    case Kind::kActivated:
    case Kind::kGated:
    case Kind::kJoined:
      return IsHidden(symbol.shape);
    default:
      return false;
  }
}

Status Gather(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"axis"}));
  const Symbol* data = call.in(0);
  const Symbol* indices = call.in(1);
  if (data == nullptr || indices == nullptr || call.Int("axis").value_or(0) != 0) {
    return Unfit("rows along axis 0");
  }
  if (const Symbol* size = GatherSize(call, *data, *indices)) return call.Pass(size);
  if (data->kind != Kind::kTensor || data->shape.size() != 2 || data->turned) {
    return Unfit("a table of weights, or sizes");
  }
  const Symbol* found = LookUpRows(call, *data, *indices);
  if (found == nullptr) found = LookUpDistances(call, *data, *indices);
  if (found == nullptr) found = LookUpBuckets(call, *data, *indices);
  return found == nullptr ? Unfit("ids, token types, positions or distances as indices of a table")
                          : call.Pass(found);
}

const Symbol* AddLookups(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kEmbedding) return nullptr;
  const std::optional<Shape> shape = Broadcast(a.shape, b.shape);
  if (!shape || b.shape.empty() || b.shape.back() != a.shape.back()) return nullptr;
  Symbol sum = a;
  sum.shape = *shape;
  if (IsVectorFor(&b, a.shape)) {  // A row that was looked up when the graph was made.
    if (!sum.lookups.token_type.empty()) return nullptr;
    sum.lookups.token_type = b.tensor;
    sum.lookups.token_type.shape = {1, b.tensor.elements()};
    return call.New(std::move(sum));
  }
  if (b.kind != Kind::kEmbedding || Overlap(a.lookups, b.lookups)) return nullptr;
  const Lookups& other = b.lookups;
  if (!other.word.empty()) {
    sum.lookups.word = other.word;
    sum.lookups.word_scale = other.word_scale;
  }
  if (!other.position.empty()) {
    sum.lookups.position = other.position;
    sum.lookups.position_rule = other.position_rule;
    sum.lookups.most_positions = other.most_positions;
    sum.lookups.pad_token_id = other.pad_token_id;
  }
  if (!other.token_type.empty()) {
    sum.lookups.token_type = other.token_type;
    sum.lookups.token_type_input = other.token_type_input;
  }
  return call.New(std::move(sum));
}

const Symbol* ScaleWords(NodeCall& call, const Symbol& a, const Symbol& b) {
  const std::optional<double> factor = NumberOf(&b);
  const bool words_alone = a.kind == Kind::kEmbedding && !a.lookups.word.empty() &&
                           a.lookups.position.empty() && a.lookups.token_type.empty();
  if (!words_alone || !factor || !std::isfinite(*factor) || b.shape.size() > a.shape.size()) {
    return nullptr;
  }
  Symbol scaled = a;
  scaled.lookups.word_scale *= *factor;
  if (!IsPlainFactor(*factor) || !IsPlainFactor(scaled.lookups.word_scale)) return nullptr;
  return call.New(std::move(scaled));
}

const Symbol* MultiplyWeights(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.type != WeightType::kFloat32 || b.type != WeightType::kFloat32) return nullptr;
  return LinearOf(call, a, b);
}

const Symbol* LinearOf(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (!IsTokenVectors(a) || b.kind != Kind::kTensor || b.shape.size() != 2) return nullptr;
  if (!(a.shape.back() == b.shape[0])) return nullptr;
  Symbol symbol{.kind = Kind::kLinear, .shape = a.shape, .of = &a};
  symbol.shape.back() = b.shape[1];
  symbol.linear.weight = b.tensor;
  if (!b.turned) {
    symbol.linear.by_input = true;
    symbol.linear.column_count = b.tensor.shape[1];
  }
  return call.New(std::move(symbol));
}

const Symbol* AddBias(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (a.kind != Kind::kLinear || !a.linear.bias.empty() || !IsVectorFor(&b, a.shape)) {
    return nullptr;
  }
  Symbol symbol = a;
  symbol.linear.bias = AsVector(b.tensor);
  return call.New(std::move(symbol));
}

const Symbol* AddResidual(NodeCall& call, const Symbol& a, const Symbol& b) {
  if (!IsTokenVectors(a) || !IsTokenVectors(b) || a.shape != b.shape) return nullptr;
  if (a.type != b.type) return nullptr;
  return call.New({.kind = Kind::kSum, .shape = a.shape, .of = &a, .other = &b, .type = a.type});
}

const Symbol* ColumnsOf(NodeCall& call, const Symbol& linear, int64_t begin, int64_t end) {
  if (linear.kind != Kind::kLinear || begin < 0 || begin >= end ||
      end > linear.shape.back().count) {
    return nullptr;
  }
  const auto first = static_cast<uint64_t>(begin);
  const auto last = static_cast<uint64_t>(end);
  Symbol part = linear;
  part.shape.back() = {end - begin};
  if (part.linear.by_input) {
    part.linear.first_column += first;
    part.linear.column_count = last - first;
  } else {
    auto rows = Rows(part.linear.weight, first, last);
    if (!rows.ok()) return nullptr;
    part.linear.weight = *std::move(rows);
  }
  if (!part.linear.bias.empty()) {
    auto bias = Rows(part.linear.bias, first, last);
    if (!bias.ok()) return nullptr;
    part.linear.bias = *std::move(bias);
  }
  return call.New(std::move(part));
}

Status Split(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"axis", "split", "num_outputs"}));
  const Symbol* x = call.in(0);
  if (x == nullptr || x->shape.empty() || !x->shape.back().is_number()) return Unfit("an input");
  const auto outputs = static_cast<int64_t>(call.outputs.size());
  if (call.Int("num_outputs").value_or(outputs) != outputs) return Unfit("as many outputs");
  if (x->kind == Kind::kHeadStack) return SplitStack(call, *x);
  if (NodeCall::Axis(call.Int("axis").value_or(0), x->shape.size()) != x->shape.size() - 1) {
    return Unfit("a split along the last axis");
  }
  std::vector<int64_t> sizes = OnnxInts(call.node, "split");
  if (call.opset >= 13 && call.in(1) != nullptr) {
    sizes = call.Numbers(1).value_or(std::vector<int64_t>());
  } else if (sizes.empty()) {
    const auto parts = static_cast<int64_t>(call.outputs.size());
    if (parts < 1 || x->shape.back().count % parts != 0) return Unfit("parts of one size");
    sizes.assign(call.outputs.size(), x->shape.back().count / parts);
  }
  if (sizes.size() != call.outputs.size()) return Unfit("as many sizes as outputs");
  int64_t begin = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < 1 || sizes[i] > x->shape.back().count - begin) return Unfit("sizes that fit");
    const Symbol* part = ColumnsOf(call, *x, begin, begin + sizes[i]);
    if (part == nullptr) part = ComponentsOf(call, *x, begin, begin + sizes[i]);
    if (part == nullptr) return Unfit("the output of a linear layer, or heads");
    call.outputs[i] = part;
    begin += sizes[i];
  }
  return begin == x->shape.back().count ? Status() : Unfit("sizes that fit");
}

}  // namespace vetor::recogniser
