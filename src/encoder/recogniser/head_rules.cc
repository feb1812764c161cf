#include "encoder/recogniser/head_rules.h"

#include <algorithm>

#include "base/status_macros.h"
#include "encoder/recogniser/stacked_head_rules.h"

namespace vetor::recogniser {
namespace {

Symbol HeadsSymbol(Heads heads, Shape shape) {
  Symbol symbol{.kind = Kind::kHeads, .shape = std::move(shape)};
  symbol.heads = std::move(heads);
  return symbol;
}

// "bthd" of [batch, tokens, heads, dim], cut out of [batch, tokens, heads * dim].
const Symbol* CutIntoHeads(NodeCall& call, const Symbol& x, const Shape& target) {
  if (x.kind != Kind::kLinear || target.size() != 4 || target[0] != x.shape[0] ||
      target[1] != x.shape[1] || !target[2].is_number() || !target[3].is_number()) {
    return nullptr;
  }
  constexpr int64_t kMost = 1 << 20;
  if (target[2].count > kMost || target[3].count > kMost) return nullptr;
  Heads heads;
  heads.linear = &x;
  heads.count = target[2].count;
  heads.dim = target[3].count;
  heads.order = "bthd";
  return call.New(HeadsSymbol(std::move(heads), target));
}

template <typename Sequence>
Sequence Permuted(const Sequence& sequence, const std::vector<int64_t>& order) {
  Sequence result;
  result.reserve(order.size());
  for (const int64_t axis : order) result.push_back(sequence[static_cast<size_t>(axis)]);
  return result;
}

bool IsPermutation(std::vector<int64_t> order, size_t rank) {
  std::sort(order.begin(), order.end());
  for (size_t i = 0; i < order.size(); ++i) {
    if (order[i] != static_cast<int64_t>(i)) return false;
  }
  return order.size() == rank;
}

void MoveAxes(const std::vector<int64_t>& order, Mask* mask) {
  for (int* own : {&mask->key_axis, &mask->query_axis, &mask->batch_axis}) {
    const auto found = std::find(order.begin(), order.end(), *own);
    if (*own >= 0) *own = static_cast<int>(found - order.begin());
  }
}

}  // namespace

std::optional<Heads> HeadsOf(const Symbol& symbol) {
  if (symbol.kind == Kind::kHeads) return symbol.heads;
  if (symbol.kind != Kind::kNorm || symbol.of->kind != Kind::kHeads) return std::nullopt;
  Heads heads = symbol.of->heads;
  heads.norm = symbol.norm;
  return heads;
}

const Symbol* ReshapeHeads(NodeCall& call, const Symbol& x, const Shape& target) {
  if (const Symbol* heads = CutIntoHeads(call, x, target)) return heads;
  if (x.kind == Kind::kContext && x.order == "bthd" && target.size() == 3 &&
      target[0] == x.shape[0] && target[1] == x.shape[1]) {
    return call.New({.kind = Kind::kJoined, .shape = target, .of = &x});
  }
  if (const Symbol* stack = CutIntoStack(call, x, target)) return stack;
  if (const Symbol* merged = MergeHeads(call, x, target)) return merged;
  const std::optional<Heads> repeated = HeadsOf(x);
  const bool joins = repeated && repeated->order == "bhrtd" && target.size() == 4 &&
                     target[0] == x.shape[0] && target[2] == x.shape[3] && target[3] == x.shape[4];
  if (!joins) return nullptr;
  Heads heads = *repeated;
  heads.order = "bhtd";
  return call.New(HeadsSymbol(std::move(heads), target));
}

const Symbol* UnsqueezeHeads(NodeCall& call, const Symbol& x, const std::vector<size_t>& axes) {
  std::optional<Heads> heads = HeadsOf(x);
  if (!heads || axes.size() != 1) return nullptr;
  Shape shape = x.shape;
  shape.insert(shape.begin() + static_cast<std::ptrdiff_t>(axes[0]), Extent());
  heads->order.insert(axes[0], "1");
  return call.New(HeadsSymbol(*std::move(heads), std::move(shape)));
}

const Symbol* RepeatHeads(NodeCall& call, const Symbol& x, const Shape& target) {
  std::optional<Heads> heads = HeadsOf(x);
  if (!heads || heads->order != "bh1td" || heads->repeat != 1 || target.size() != 5 ||
      !target[2].is_number()) {
    return nullptr;
  }
  heads->order = "bhrtd";
  heads->repeat = target[2].count;
  return call.New(HeadsSymbol(*std::move(heads), target));
}

const Symbol* ScaleHeads(NodeCall& call, const Symbol& a, const Symbol& b) {
  std::optional<Heads> heads = HeadsOf(a);
  const std::optional<double> factor = NumberOf(&b);
  if (!heads || !factor || b.shape.size() > a.shape.size()) return nullptr;
  heads->factor *= *factor;
  if (!IsPlainFactor(*factor) || !IsPlainFactor(heads->factor)) return nullptr;
  return call.New(HeadsSymbol(*std::move(heads), a.shape));
}

const Symbol* DivideHeads(NodeCall& call, const Symbol& a, const Symbol& b) {
  const std::optional<double> divisor = NumberOf(&b);
  if (!divisor || *divisor == 0) return nullptr;
  Symbol inverse = b;
  inverse.number = 1 / *divisor;
  return ScaleHeads(call, a, inverse);
}

const Symbol* WholeOf(NodeCall& call, const Symbol& x) {
  std::optional<Heads> heads = HeadsOf(x);
  if (!heads || heads->order.empty() || heads->order.back() != 'd') return nullptr;
  if (x.kind == Kind::kHeads) return &x;
  // Both halves must be seen to belong to one head: it is made of the same norm.
  Symbol made = HeadsSymbol(*std::move(heads), x.shape);
  made.other = &x;
  return call.New(std::move(made));
}

const Symbol* ComponentsOf(NodeCall& call, const Symbol& x, int64_t begin, int64_t end) {
  const Symbol* whole = WholeOf(call, x);
  if (whole == nullptr || whole->heads.rotary) return nullptr;
  Shape shape = x.shape;
  shape.back() = {end - begin};
  return call.New(
      {.kind = Kind::kHeadPart, .shape = std::move(shape), .of = whole, .low = begin, .high = end});
}

Status Transpose(NodeCall& call) {
  VETOR_RETURN_IF_ERROR(call.Only({"perm"}));
  const Symbol* x = call.in(0);
  const std::vector<int64_t> order = OnnxInts(call.node, "perm");
  if (x == nullptr || !IsPermutation(order, x->shape.size())) return Unfit("a known order of axes");
  Symbol symbol = *x;
  symbol.shape = Permuted(x->shape, order);
  if (std::optional<Heads> heads = HeadsOf(*x)) {
    heads->order = Permuted(heads->order, order);
    return call.Give(HeadsSymbol(*std::move(heads), std::move(symbol.shape)));
  }
  switch (x->kind) {
    case Kind::kTensor:
      if (order.size() != 2) return Unfit("a matrix of weights");
      symbol.turned = x->turned != (order[0] == 1);
      return call.Give(std::move(symbol));
    case Kind::kAngles:
      if (!x->turned || order != std::vector<int64_t>{0, 2, 1}) return Unfit("turned angles");
      symbol.turned = false;
      return call.Give(std::move(symbol));
    case Kind::kWave:  // Its shape says along which axes it lies.
      return call.Give(std::move(symbol));
    case Kind::kContext:
    case Kind::kHeadStack:
    case Kind::kDistanceBias:
      symbol.order = Permuted(x->order, order);
      return call.Give(std::move(symbol));
    case Kind::kIndex:
      symbol.steps = Permuted(x->steps, order);
      return call.Give(std::move(symbol));
    case Kind::kChoice:
      MoveAxes(order, &symbol.mask);
      return call.Give(std::move(symbol));
    default:
      return Unfit("heads, positions, a mask or weights");
  }
}

}  // namespace vetor::recogniser
