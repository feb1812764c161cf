// A graph that is almost an encoder never gives almost right vectors: each node and each constant
// of each family's graph is changed in each way that there is here, and the result is either
// refused, by the recogniser or by ONNX Runtime, or computed as ONNX Runtime computes it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "exporter/graph/graph_writer.h"
#include "formats/onnx/onnx_file.h"
#include "tests/encoder/recogniser/loaded_graph.h"
#include "tests/encoder/recogniser/other_graphs.h"
#include "tests/encoder/recogniser/recognised_vectors.h"
#include "tests/encoder/recogniser/torch_pooling.h"
#include "tests/encoder/tiny_checkpoint.h"
#include "tests/model/temporary_folder.h"
#include "tests/support/test_paths.h"

namespace vetor {
namespace {

enum class Outcome { kRefused, kRight, kWrong, kNoModel };

struct Mutation {
  std::string name;
  std::function<void(OnnxModel*)> change;
};

// 1e-5 would do but for ONNX Runtime, whose fused layer normalisation takes an epsilon of 1e-5
// where the graph adds the variance to its epsilon instead of the epsilon to its variance.
constexpr double kMostDifference = 3e-5;

// What becomes of a changed graph.
Outcome OutcomeOf(const OnnxModel& model, const std::filesystem::path& path, std::string* why) {
  const Status written = WriteOnnxFile(model, path);
  if (!written.ok()) return Outcome::kNoModel;
  const auto encoder = testing::RecogniseFile(path);
  if (!encoder.ok()) {
    *why = encoder.status().ToString();
    return encoder.status().code() == StatusCode::kUnimplemented ? Outcome::kRefused
                                                                 : Outcome::kNoModel;
  }
  const auto texts = testing::TextsFor(*encoder);
  const int64_t padding =
      encoder->position_rule == PositionRule::kAfterPadding ? encoder->pad_token_id : 0;
  const auto runtime = testing::RuntimeVectors(path, texts, padding);
  if (!runtime.ok()) {
    *why = runtime.status().ToString();
    return Outcome::kNoModel;
  }
  // A vector of zeros has no direction, and a mask of -inf leaves padding without a number.
  if (!std::isfinite(testing::Furthest(*runtime, *runtime))) return Outcome::kNoModel;
  const auto native = testing::NativeVectors(*encoder, texts);
  if (!native.ok()) return Outcome::kWrong;
  const double furthest = testing::Furthest(*native, *runtime);
  *why = "differs by " + std::to_string(furthest);
  return furthest <= kMostDifference ? Outcome::kRight : Outcome::kWrong;
}

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
      {"Sqrt", "Reciprocal", "Abs", "Relu", "Sigmoid", "Tanh", "Erf", "Cos", "Sin", "Identity"},
      {"Gelu", "Relu", "Sigmoid"},
      {"LessOrEqual", "Less", "Greater", "GreaterOrEqual", "Equal"},
      {"And", "Or", "Xor"},
      {"ReduceMean", "ReduceMax", "ReduceL2"},
      {"ReduceSum", "ReduceMax", "ReduceL2"},
      {"Max", "Min"}};
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
    const std::string factor = testing::AddFloats(m, {}, {1.01F});
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
  if (node.inputs.size() >= 2) {
    add("inputs exchanged",
        [=](OnnxModel* m) { std::swap(m->nodes[index].inputs[0], m->nodes[index].inputs[1]); });
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
    });
    add("attribute " + node.attributes[a].name + " left out", [=](OnnxModel* m) {
      auto& attributes = m->nodes[index].attributes;
      attributes.erase(attributes.begin() + static_cast<std::ptrdiff_t>(a));
    });
  }
  AddInsertions(name, index, mutations);
}

void AddConstantMutations(const OnnxModel& model, size_t index, std::vector<Mutation>* mutations) {
  const OnnxInitializer& constant = model.initializers[index];
  const auto add = [&](const std::string& what, std::function<void(OnnxInitializer*)> change) {
    mutations->push_back(
        {constant.name + ": " + what, [=](OnnxModel* m) { change(&m->initializers[index]); }});
  };
  const auto each = [](OnnxInitializer* initializer, auto change) {
    std::string bytes = testing::BytesOf(*initializer);
    using T = std::remove_reference_t<decltype(change(0))>;
    T value;
    std::memcpy(&value, bytes.data(), sizeof value);
    value = change(value);
    std::memcpy(bytes.data(), &value, sizeof value);
    testing::SetBytes(initializer, bytes);
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
    for (const int64_t addend : {int64_t{1}, int64_t{-1}}) {
      add("first number plus " + std::to_string(addend), [=](OnnxInitializer* initializer) {
        each(initializer, [=](int64_t value) -> int64_t { return value + addend; });
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

// The same for a graph with finished vectors, whose lengths count as well.
Outcome PooledOutcomeOf(const OnnxModel& model, const std::filesystem::path& path,
                        std::string* why) {
  if (!WriteOnnxFile(model, path).ok()) return Outcome::kNoModel;
  const auto graph = testing::RecogniseWhole(path, "sentence_embedding");
  if (!graph.ok()) {
    *why = graph.status().ToString();
    return graph.status().code() == StatusCode::kUnimplemented ? Outcome::kRefused
                                                               : Outcome::kNoModel;
  }
  // Token vectors are not what the output is to hold: the engine refuses them.
  if (!graph->pooling) return Outcome::kRefused;
  const auto texts = testing::TextsFor(graph->encoder);
  const auto runtime = testing::RuntimeTexts(path, texts, 0, "sentence_embedding");
  if (!runtime.ok() || !std::isfinite(testing::Furthest(*runtime, *runtime))) {
    return Outcome::kNoModel;
  }
  const auto native = testing::NativeTexts(*graph, texts);
  if (!native.ok()) return Outcome::kWrong;
  const double furthest = testing::Furthest(*native, *runtime);
  *why = "differs by " + std::to_string(furthest);
  return furthest <= kMostDifference ? Outcome::kRight : Outcome::kWrong;
}

class MutatedGraphsTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { VETOR_SKIP_WITHOUT(testing::TestRuntime()); }

  // The family's graph.
  OnnxModel Export(const std::string& family, int opset) {
    const auto encoder = testing::OpenTiny(family);
    EXPECT_TRUE(encoder.ok());
    EXPECT_TRUE(WriteGraph(*encoder, {.opset = opset}, folder_ / "model.onnx").ok());
    auto model = testing::LoadGraph(folder_ / "model.onnx");
    EXPECT_TRUE(model.ok()) << model.status().ToString();
    return *std::move(model);
  }

  Outcome Try(const OnnxModel& model, std::string* why) {
    return OutcomeOf(model, folder_ / "changed.onnx", why);
  }

  // Every `step`th of the mutations of the nodes from `first` on and of the constants that they
  // read, and what becomes of them. A mutation that gives wrong vectors is a failure.
  std::map<Outcome, int> TryEach(const OnnxModel& original, size_t first, size_t step,
                                 const std::function<Outcome(const OnnxModel&, std::string*)>& of) {
    std::vector<Mutation> mutations;
    std::set<std::string> read;
    for (size_t i = first; i < original.nodes.size(); ++i) {
      AddNodeMutations(original, i, &mutations);
      read.insert(original.nodes[i].inputs.begin(), original.nodes[i].inputs.end());
    }
    for (size_t i = 0; i < original.initializers.size(); ++i) {
      if (read.contains(original.initializers[i].name)) {
        AddConstantMutations(original, i, &mutations);
      }
    }
    std::map<Outcome, int> outcomes;
    for (size_t i = 0; i < mutations.size(); i += step) {
      OnnxModel model = original;
      mutations[i].change(&model);
      std::string why;
      const Outcome outcome = of(model, &why);
      ++outcomes[outcome];
      EXPECT_TRUE(outcome != Outcome::kWrong) << mutations[i].name << " " << why;
    }
    return outcomes;
  }

  const TemporaryFolder folder_;
};

// Every mutation of BERT's graph, and every third of the other families'.
TEST_P(MutatedGraphsTest, IsRefusedOrComputedRight) {
  const auto families = testing::TinyFamilies();
  const auto family = static_cast<size_t>(std::find(families.begin(), families.end(), GetParam()) -
                                          families.begin());
  const OnnxModel original = Export(GetParam(), family % 2 == 0 ? 12 : 20);
  std::string why;
  ASSERT_EQ(Try(original, &why), Outcome::kRight) << why;
  std::vector<Mutation> mutations;
  for (size_t i = 0; i < original.nodes.size(); ++i) AddNodeMutations(original, i, &mutations);
  for (size_t i = 0; i < original.initializers.size(); ++i) {
    AddConstantMutations(original, i, &mutations);
  }
  std::map<Outcome, int> outcomes;
  for (size_t i = family % 3; i < mutations.size(); i += family == 0 ? 1 : 3) {
    OnnxModel model = original;
    mutations[i].change(&model);
    why.clear();
    const Outcome outcome = Try(model, &why);
    ++outcomes[outcome];
    EXPECT_TRUE(outcome != Outcome::kWrong) << mutations[i].name << " " << why;
  }
  EXPECT_GT(outcomes[Outcome::kRefused], 100);
  EXPECT_GT(outcomes[Outcome::kRight], 10);
}

INSTANTIATE_TEST_SUITE_P(All, MutatedGraphsTest, ::testing::ValuesIn(testing::TinyFamilies()),
                         [](const auto& suite) {
                           std::string name = suite.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

class MutatedFormsTest : public MutatedGraphsTest {};

// A graph in float16. ONNX Runtime computes the changed graph in float32, with the same weights.
TEST_F(MutatedFormsTest, InFloat16IsRefusedOrComputedRight) {
  const auto encoder = testing::OpenTiny("bert");
  ASSERT_TRUE(encoder.ok());
  const FloatLinear linear(OnnxElement::kFloat16);
  const FloatEmbedding embedding(OnnxElement::kFloat16);
  const GraphOptions options{.linear = &linear, .embedding = &embedding};
  ASSERT_TRUE(WriteGraph(*encoder, options, folder_ / "model.onnx").ok());
  const auto model = testing::LoadGraph(folder_ / "model.onnx");
  ASSERT_TRUE(model.ok());
  const auto outcome_of = [this](const OnnxModel& changed, std::string* why) {
    if (!WriteOnnxFile(changed, folder_ / "changed.onnx").ok()) return Outcome::kNoModel;
    const auto known = testing::RecogniseFile(folder_ / "changed.onnx");
    if (!known.ok()) return Outcome::kRefused;
    return Try(testing::Widened(changed), why);
  };
  std::string why;
  ASSERT_EQ(outcome_of(*model, &why), Outcome::kRight) << why;
  auto outcomes = TryEach(*model, 0, 3, outcome_of);
  EXPECT_GT(outcomes[Outcome::kRefused], 100);
  EXPECT_GT(outcomes[Outcome::kRight], 10);
}

// A graph with finished vectors: each change of its pooling.
TEST_F(MutatedFormsTest, PoolingIsRefusedOrComputedRight) {
  const auto encoder = testing::OpenTiny("bert");
  ASSERT_TRUE(encoder.ok());
  const PoolingSpec spec{.modes = {PoolingMode::kMean, PoolingMode::kCls, PoolingMode::kLastToken,
                                   PoolingMode::kMax, PoolingMode::kMeanSqrtLen,
                                   PoolingMode::kWeightedMean}};
  for (const int opset : {12, 20}) {
    ASSERT_TRUE(
        WriteGraph(*encoder, {.opset = opset, .pooling = &spec}, folder_ / "model.onnx").ok());
    const auto model = testing::LoadGraph(folder_ / "model.onnx");
    ASSERT_TRUE(model.ok());
    const auto first = std::find_if(model->nodes.begin(), model->nodes.end(), [](const auto& n) {
      return n.outputs[0].starts_with("pooling/");
    });
    const auto outcome_of = [this](const OnnxModel& changed, std::string* why) {
      return PooledOutcomeOf(changed, folder_ / "changed.onnx", why);
    };
    std::string why;
    ASSERT_EQ(outcome_of(*model, &why), Outcome::kRight) << why;
    auto outcomes =
        TryEach(*model, static_cast<size_t>(first - model->nodes.begin()), 1, outcome_of);
    EXPECT_GT(outcomes[Outcome::kRefused], 100);
    EXPECT_GT(outcomes[Outcome::kRight], 10);
  }
}

// The same of what sentence-transformers' modules become.
TEST_F(MutatedFormsTest, WrittenPoolingIsRefusedOrComputedRight) {
  testing::TorchPooling pooling;
  OnnxModel model = Export("bert", 14);
  const size_t first = model.nodes.size();
  const int64_t width = std::get<int64_t>(model.outputs[0].dims[2]);
  pooling.Take(std::move(model), width);
  const std::string all = pooling.Op(
      "Concat", {pooling.Mean(), pooling.FirstToken(), pooling.LastToken(), pooling.Max()},
      {{"axis", int64_t{-1}}});
  pooling.End(pooling.Unit(all), 4 * width);
  const auto outcome_of = [this](const OnnxModel& changed, std::string* why) {
    return PooledOutcomeOf(changed, folder_ / "changed.onnx", why);
  };
  std::string why;
  ASSERT_EQ(outcome_of(pooling.model(), &why), Outcome::kRight) << why;
  auto outcomes = TryEach(pooling.model(), first, 1, outcome_of);
  EXPECT_GT(outcomes[Outcome::kRefused], 100);
  EXPECT_GT(outcomes[Outcome::kRight], 5);
}

}  // namespace
}  // namespace vetor
