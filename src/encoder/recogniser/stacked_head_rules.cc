#include "encoder/recogniser/stacked_head_rules.h"

#include <algorithm>

#include "encoder/recogniser/head_rules.h"
#include "encoder/recogniser/token_rules.h"

namespace vetor::recogniser {

const Symbol* CutIntoStack(NodeCall& call, const Symbol& x, const Shape& target) {
  if (x.kind != Kind::kLinear || target.size() != 5 || target[0] != x.shape[0] ||
      target[1] != x.shape[1]) {
    return nullptr;
  }
  constexpr int64_t kMost = 1 << 20;
  for (size_t i = 2; i < target.size(); ++i) {
    if (!target[i].is_number() || target[i].count > kMost) return nullptr;
  }
  Symbol stack{.kind = Kind::kHeadStack, .shape = target, .of = &x, .order = "btnhd"};
  stack.heads.count = target[3].count;
  stack.heads.dim = target[4].count;
  return call.New(std::move(stack));
}

const Symbol* PartOfStack(NodeCall& call, const Symbol& x, size_t axis, int64_t index) {
  if (x.kind != Kind::kHeadStack || axis >= x.order.size() || x.order[axis] != 'n') return nullptr;
  const int64_t width = x.heads.count * x.heads.dim;
  Symbol part{.kind = Kind::kHeads, .shape = x.shape};
  part.shape[axis] = Extent();
  part.heads = x.heads;
  part.heads.linear = ColumnsOf(call, *x.of, index * width, (index + 1) * width);
  part.heads.order = x.order;
  part.heads.order[axis] = '1';
  return part.heads.linear == nullptr ? nullptr : call.New(std::move(part));
}

Status SplitStack(NodeCall& call, const Symbol& x) {
  const auto axis = NodeCall::Axis(call.Int("axis").value_or(0), x.shape.size());
  const size_t parts = call.outputs.size();
  const std::vector<int64_t> ones(parts, 1);
  std::optional<std::vector<int64_t>> sizes = ones;  // If none are given, all are equal.
  if (call.opset < 13 && !OnnxInts(call.node, "split").empty()) {
    sizes = OnnxInts(call.node, "split");
  } else if (call.opset >= 13 && call.in(1) != nullptr) {
    sizes = call.Numbers(1);
  }
  if (!axis || sizes != ones || !(x.shape[*axis] == Extent{static_cast<int64_t>(parts)})) {
    return Unfit("queries, keys and values as parts of one each");
  }
  for (size_t i = 0; i < parts; ++i) {
    call.outputs[i] = PartOfStack(call, x, *axis, static_cast<int64_t>(i));
    if (call.outputs[i] == nullptr) return Unfit("parts along the axis of queries and keys");
  }
  return Status();
}

const Symbol* SqueezeHeads(NodeCall& call, const Symbol& x, const std::vector<size_t>& axes) {
  std::optional<Heads> heads = HeadsOf(x);
  if (!heads) return nullptr;
  Symbol squeezed{.kind = Kind::kHeads, .shape = x.shape};
  for (size_t i = axes.size(); i-- > 0;) {  // From the back: the others keep their places.
    if (axes[i] >= heads->order.size() || heads->order[axes[i]] != '1') return nullptr;
    heads->order.erase(axes[i], 1);
    squeezed.shape.erase(squeezed.shape.begin() + static_cast<std::ptrdiff_t>(axes[i]));
  }
  squeezed.heads = *std::move(heads);
  return call.New(std::move(squeezed));
}

const Symbol* MergeHeads(NodeCall& call, const Symbol& x, const Shape& target) {
  std::optional<Heads> heads = HeadsOf(x);
  if (!heads || heads->repeat != 1) return nullptr;
  const Extent count{heads->count};
  const bool merged = heads->order.starts_with('m');
  if (!merged && !heads->order.starts_with("bh")) return nullptr;
  // What follows b and h, or m, stays as it is.
  const auto rest = x.shape.begin() + (merged ? 1 : 2);
  const size_t begin = merged ? 2 : 1;
  const bool same =
      target.size() == static_cast<size_t>(x.shape.end() - rest) + begin &&
      std::equal(rest, x.shape.end(), target.begin() + static_cast<std::ptrdiff_t>(begin));
  if (!same || !Product(kBatchExtent, count)) return nullptr;
  const bool fits = merged ? target[0] == kBatchExtent && target[1] == count
                           : target[0] == *Product(kBatchExtent, count);
  if (!fits) return nullptr;
  heads->order = merged ? "bh" + heads->order.substr(1) : "m" + heads->order.substr(2);
  Symbol made{.kind = Kind::kHeads, .shape = target};
  made.heads = *std::move(heads);
  return call.New(std::move(made));
}

}  // namespace vetor::recogniser
