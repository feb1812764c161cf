#include "tests/encoder/recogniser/graph_mutations.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "formats/onnx/onnx_file.h"
#include "tests/encoder/recogniser/loaded_graph.h"
#include "tests/encoder/recogniser/recognised_vectors.h"

namespace vetor::testing {
namespace {

// `value` takes the place of the node's result, in all that read it.
void Bypass(OnnxModel* model, size_t index, const std::string& value) {
  const std::string gone = model->nodes[index].outputs[0];
  model->nodes.erase(model->nodes.begin() + static_cast<std::ptrdiff_t>(index));
  for (OnnxNode& node : model->nodes) {
    for (std::string& input : node.inputs) {
      if (input == gone) input = value;
    }
  }
}

std::vector<std::string> SiblingsOf(const std::string& op_type) {
  const std::vector<std::vector<std::string>> groups = {
      {"Add", "Sub", "Mul", "Div", "Pow"},
      {"Sqrt", "Reciprocal", "Abs", "Relu", "Sigmoid", "Tanh", "Erf", "Cos", "Sin", "Identity",
       "Neg", "Log"},
      {"Min", "Max"},
      {"Gelu", "Relu", "Sigmoid"},
      {"BiasGelu", "FastGelu"},
      {"LessOrEqual", "Less", "Greater", "GreaterOrEqual", "Equal"},
      {"And", "Or", "Xor"},
      {"ReduceMean", "ReduceMax", "ReduceL2"},
      {"ReduceSum", "ReduceMax", "ReduceL2"}};
  std::vector<std::string> siblings;
  for (const auto& group : groups) {
    if (std::find(group.begin(), group.end(), op_type) == group.end()) continue;
    for (const std::string& other : group) {
      if (other != op_type) siblings.push_back(other);
    }
  }
  return siblings;
}

// Further nodes behind the one that gives `name`.
void AddInsertions(const std::string& name, size_t index, std::vector<Mutation>* mutations) {
  const auto add = [&](const std::string& what, std::function<void(OnnxModel*)> change) {
    mutations->push_back({name + ": " + what, std::move(change)});
  };
  add("twice", [=](OnnxModel* m) {  // f(f(x))
    OnnxNode again = m->nodes[index];
    again.inputs[0] = name;
    again.outputs[0] = name + "/again";
    again.name += "/again";
    for (OnnxNode& other : m->nodes) {
      for (std::string& input : other.inputs) {
        if (input == name) input = again.outputs[0];
      }
    }
    m->nodes.insert(m->nodes.begin() + static_cast<std::ptrdiff_t>(index) + 1, again);
  });
  add("times 1.01", [=](OnnxModel* m) {
    const std::string factor = AddFloats(m, {}, {1.01F});
    OnnxNode scaled{.op_type = "Mul",
                    .name = name + "/scaled",
                    .inputs = {name, factor},
                    .outputs = {name + "/scaled"}};
    for (OnnxNode& other : m->nodes) {
      for (std::string& input : other.inputs) {
        if (input == name) input = scaled.outputs[0];
      }
    }
    m->nodes.insert(m->nodes.begin() + static_cast<std::ptrdiff_t>(index) + 1, scaled);
  });
}

bool AddsEpsilon(const OnnxModel& model, const OnnxNode& node) {
  const auto is_number = [&](const std::string& name) {
    return std::any_of(model.initializers.begin(), model.initializers.end(), [&](const auto& c) {
      return c.name == name && c.element == OnnxElement::kFloat && c.bytes() == sizeof(float);
    });
  };
  return node.op_type == "Add" && is_number(node.inputs[1]);
}

// What an operator of ONNX Runtime's may have and has not: each changes the result, unless it is
// refused.
std::vector<OnnxAttribute> MissingAttributes(const OnnxNode& node) {
  std::vector<OnnxAttribute> missing;
  if (node.op_type == "FusedMatMul") missing = {{"alpha", 0.5F}, {"transA", int64_t{1}}};
  if (node.op_type == "Attention" || node.op_type == "MultiHeadAttention") {
    missing = {{"unidirectional", int64_t{1}}, {"scale", 0.31F}, {"mask_filter_value", -5.0F}};
  }
  if (node.op_type == "Attention") missing.push_back({"do_rotary", int64_t{1}});
  std::erase_if(missing, [&](const OnnxAttribute& added) {
    return std::any_of(node.attributes.begin(), node.attributes.end(),
                       [&](const OnnxAttribute& own) { return own.name == added.name; });
  });
  return missing;
}

// Of a node with many inputs, some of which may be left out.
void AddRuntimeMutations(const OnnxNode& node, size_t index, std::vector<Mutation>* mutations) {
  const auto add = [&](const std::string& what, std::function<void(OnnxModel*)> change) {
    mutations->push_back({node.outputs[0] + ": " + what, std::move(change)});
  };
  for (const OnnxAttribute& attribute : MissingAttributes(node)) {
    add("attribute " + attribute.name + " added",
        [=](OnnxModel* m) { m->nodes[index].attributes.push_back(attribute); });
  }
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    add("without input " + std::to_string(i),
        [=](OnnxModel* m) { m->nodes[index].inputs[i].clear(); });
    if (i < 2) continue;
    add("inputs " + std::to_string(i) + " and the next exchanged", [=](OnnxModel* m) {
      auto& inputs = m->nodes[index].inputs;
      std::swap(inputs[i], inputs[(i + 1) % inputs.size()]);
    });
  }
}

void AddNodeMutations(const OnnxModel& model, size_t index, std::vector<Mutation>* mutations) {
  const OnnxNode& node = model.nodes[index];
  const std::string name = node.outputs[0];
  const auto add = [&](const std::string& what, std::function<void(OnnxModel*)> change) {
    mutations->push_back({name + ": " + what, std::move(change)});
  };
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    add("bypassed by input " + std::to_string(i),
        [=, value = node.inputs[i]](OnnxModel* m) { Bypass(m, index, value); });
  }
  for (const std::string& other : SiblingsOf(node.op_type)) {
    add("becomes " + other, [=](OnnxModel* m) { m->nodes[index].op_type = other; });
  }
  // ONNX Runtime's fused layer normalisation takes an epsilon of 1e-5 where the graph adds the
  // variance to its epsilon instead of the epsilon to its variance, so that nothing can be
  // compared.
  if (node.inputs.size() >= 2 && !AddsEpsilon(model, node)) {
    add("inputs exchanged",
        [=](OnnxModel* m) { std::swap(m->nodes[index].inputs[0], m->nodes[index].inputs[1]); });
  }
  if (node.inputs.size() >= 3) {
    add("later inputs exchanged",
        [=](OnnxModel* m) { std::swap(m->nodes[index].inputs[1], m->nodes[index].inputs[2]); });
  }
  if (node.outputs.size() >= 2) {
    add("outputs exchanged",
        [=](OnnxModel* m) { std::swap(m->nodes[index].outputs[0], m->nodes[index].outputs[1]); });
  }
  for (size_t a = 0; a < node.attributes.size(); ++a) {
    add("attribute " + node.attributes[a].name + " changed", [=](OnnxModel* m) {
      auto& value = m->nodes[index].attributes[a].value;
      if (auto* number = std::get_if<int64_t>(&value)) *number = *number == 0 ? 1 : *number - 1;
      if (auto* real = std::get_if<float>(&value)) *real = *real * 3 + 1e-2F;
      if (auto* list = std::get_if<std::vector<int64_t>>(&value); list && list->size() > 1) {
        std::swap(list->front(), list->back());
      }
      if (auto* tensor = std::get_if<OnnxConstant>(&value)) ++tensor->bytes[0];
    });
    add("attribute " + node.attributes[a].name + " left out", [=](OnnxModel* m) {
      auto& attributes = m->nodes[index].attributes;
      attributes.erase(attributes.begin() + static_cast<std::ptrdiff_t>(a));
    });
  }
  if (!node.domain.empty()) AddRuntimeMutations(node, index, mutations);
  AddInsertions(name, index, mutations);
}

void AddConstantMutations(const OnnxModel& model, size_t index, std::vector<Mutation>* mutations) {
  const OnnxInitializer& constant = model.initializers[index];
  const auto add = [&](const std::string& what, std::function<void(OnnxInitializer*)> change) {
    mutations->push_back(
        {constant.name + ": " + what, [=](OnnxModel* m) { change(&m->initializers[index]); }});
  };
  const auto each = [](OnnxInitializer* initializer, auto change) {
    std::string bytes = BytesOf(*initializer);
    using T = std::remove_reference_t<decltype(change(0))>;
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    value = change(value);
    std::memcpy(bytes.data(), &value, sizeof value);
    SetBytes(initializer, bytes);
  };
  if (constant.element == OnnxElement::kFloat) {
    for (const float factor : {1.001F, 1.5F, -1.0F, 0.0F}) {
      add("first number times " + std::to_string(factor), [=](OnnxInitializer* initializer) {
        each(initializer, [=](float value) -> float { return value * factor; });
      });
    }
    add("first number plus 0.01", [=](OnnxInitializer* initializer) {
      each(initializer, [](float value) -> float { return value + 0.01F; });
    });
  } else if (constant.element == OnnxElement::kInt64) {
    add("last number plus 1", [=](OnnxInitializer* initializer) {
      std::string bytes = BytesOf(*initializer);
      ++bytes[bytes.size() - sizeof(int64_t)];
      SetBytes(initializer, bytes);
    });
    for (const int64_t addend : {int64_t{1}, int64_t{-1}}) {
      add("first number plus " + std::to_string(addend), [=](OnnxInitializer* initializer) {
        each(initializer, [=](int64_t value) -> int64_t {
          // The largest number becomes the smallest one.
          return static_cast<int64_t>(static_cast<uint64_t>(value) + static_cast<uint64_t>(addend));
        });
      });
    }
  }
  // Two weights of one shape change places.
  for (size_t other = index + 1; other < model.initializers.size(); ++other) {
    if (constant.dims.empty() || model.initializers[other].dims != constant.dims) continue;
    mutations->push_back(
        {constant.name + ": exchanged with " + model.initializers[other].name, [=](OnnxModel* m) {
           std::swap(m->initializers[index].write, m->initializers[other].write);
         }});
    break;
  }
}

}  // namespace

std::vector<Mutation> MutationsOf(const OnnxModel& model, size_t first) {
  std::vector<Mutation> mutations;
  std::set<std::string> read;
  for (size_t i = first; i < model.nodes.size(); ++i) {
    AddNodeMutations(model, i, &mutations);
    read.insert(model.nodes[i].inputs.begin(), model.nodes[i].inputs.end());
  }
  for (size_t i = 0; i < model.initializers.size(); ++i) {
    if (read.contains(model.initializers[i].name)) AddConstantMutations(model, i, &mutations);
  }
  return mutations;
}

Outcome OutcomeOf(const OnnxModel& model, const Judge& judge, std::string* why) {
  const std::filesystem::path& path = judge.path;
  const Status written = WriteOnnxFile(model, path);
  if (!written.ok()) return Outcome::kNoModel;
  const auto encoder = RecogniseFile(path, judge.output);
  if (!encoder.ok()) {
    *why = encoder.status().ToString();
    return encoder.status().code() == StatusCode::kUnimplemented ? Outcome::kRefused
                                                                 : Outcome::kNoModel;
  }
  const auto texts = TextsFor(*encoder);
  const int64_t padding =
      encoder->position_rule == PositionRule::kAfterPadding ? encoder->pad_token_id : 0;
  const RuntimeRun run{padding, judge.output, judge.alone};
  const auto runtime = RunTexts(path, texts, run);
  if (!runtime.ok()) {
    *why = runtime.status().ToString();
    return Outcome::kNoModel;
  }
  // A vector of zeros has no direction, and a mask of -inf leaves padding without a number.
  if (!std::isfinite(Furthest(*runtime, *runtime))) return Outcome::kNoModel;
  const auto native = NativeVectors(*encoder, texts);
  if (!native.ok()) return Outcome::kWrong;
  const double furthest = Furthest(*native, *runtime);
  *why = "differs by " + std::to_string(furthest);
  return furthest <= kMostMutatedDifference ? Outcome::kRight : Outcome::kWrong;
}

}  // namespace vetor::testing
