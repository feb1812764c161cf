#include "tests/encoder/recogniser/torch_pooling.h"

#include <limits>
#include <utility>

#include "tests/encoder/recogniser/loaded_graph.h"

namespace vetor::testing {

void TorchPooling::Take(OnnxModel model, int64_t width) {
  model_ = std::move(model);
  width_ = width;
}

std::string TorchPooling::Op(const std::string& op_type, std::vector<std::string> inputs,
                             std::vector<OnnxAttribute> attributes) {
  const std::string name = "own/" + std::to_string(model_.nodes.size());
  model_.nodes.push_back({.op_type = op_type,
                          .name = name,
                          .inputs = std::move(inputs),
                          .outputs = {name},
                          .attributes = std::move(attributes)});
  return name;
}

std::string TorchPooling::Axes(std::vector<int64_t> axes) {
  const auto count = static_cast<int64_t>(axes.size());
  return AddIntegers(&model_, {count}, std::move(axes));
}

std::string TorchPooling::Number(float number) { return AddFloats(&model_, {}, {number}); }

std::string TorchPooling::Integer(int64_t number) { return AddIntegers(&model_, {}, {number}); }

// attention_mask.unsqueeze(-1).expand(token_embeddings.size()).to(float)
std::string TorchPooling::WideMask() {
  const std::string mask = Op("Unsqueeze", {"attention_mask", Axes({-1})});
  const std::string wide = Op("Expand", {mask, Op("Shape", {kTokens})});
  return Op("Cast", {wide}, {{"to", int64_t{1}}});
}

std::string TorchPooling::Sum(const std::string& x, int64_t axis) {
  return Op("ReduceSum", {x, Axes({axis})}, {{"keepdims", int64_t{0}}});
}

std::string TorchPooling::Reduce(const std::string& op_type, const std::string& x, bool keep) {
  return Op(op_type, {x}, {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{keep ? 1 : 0}}});
}

std::string TorchPooling::Mean(float least) {
  const std::string mask = WideMask();
  const std::string sum = Sum(Op("Mul", {kTokens, mask}), 1);
  return Op("Div", {sum, Op("Clip", {Sum(mask, 1), Number(least)})});
}

std::string TorchPooling::Max(float lowest) {
  const std::string padding = Op("Equal", {WideMask(), Number(0)});
  return Reduce("ReduceMax", Op("Where", {padding, Number(lowest), kTokens}), false);
}

// tokens.gather(1, place.unsqueeze(-1).unsqueeze(1).expand(..., width))
std::string TorchPooling::TokenAt(const std::string& tokens, const std::string& place) {
  const std::string wide = Op("Unsqueeze", {Op("Unsqueeze", {place, Axes({-1})}), Axes({1})});
  const std::string index = Op("Expand", {wide, Axes({1, 1, width_})});
  const std::string token = Op("GatherElements", {tokens, index}, {{"axis", int64_t{1}}});
  return Op("Squeeze", {token, Axes({1})});
}

std::string TorchPooling::FirstToken() {
  const std::string mask = Op("Cast", {"attention_mask"}, {{"to", int64_t{6}}});
  return TokenAt(kTokens, Op("ArgMax", {mask}, {{"axis", int64_t{1}}, {"keepdims", int64_t{0}}}));
}

// tokens - argmax(flip(mask)) - 1; torch chooses another place for rows without tokens.
std::string TorchPooling::LastToken(int64_t behind) {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min() + 1;
  const std::string size = Op("Slice", {Op("Shape", {kTokens}), Axes({1}), Axes({2}), Axes({0})});
  const std::string count = Op("Squeeze", {size});
  const std::string flip =
      Op("Slice", {"attention_mask", Axes({-1}), Axes({kLeast}), Axes({1}), Axes({-1})});
  const std::string none = Op("Equal", {Reduce("ReduceMax", flip, false), Integer(0)});
  const std::string at = Op("ArgMax", {flip}, {{"axis", int64_t{1}}, {"keepdims", int64_t{0}}});
  const std::string padding = Op("Where", {none, Op("Sub", {count, Integer(1)}), at});
  const std::string place = Op("Sub", {Op("Sub", {count, padding}), Integer(behind)});
  return TokenAt(Op("Mul", {kTokens, WideMask()}), place);
}

// F.normalize(x, p=2, dim=1)
std::string TorchPooling::Unit(const std::string& x) {
  const std::string least = Op("Clip", {Reduce("ReduceL2", x, true), Number(1e-12F)});
  return Op("Div", {x, Op("Expand", {least, Op("Shape", {x})})});
}

void TorchPooling::End(const std::string& value, int64_t width) {
  model_.nodes.push_back(
      {.op_type = "Identity", .name = kText, .inputs = {value}, .outputs = {kText}});
  model_.outputs.push_back({.name = kText, .dims = {std::string("batch_size"), width}});
}

}  // namespace vetor::testing
