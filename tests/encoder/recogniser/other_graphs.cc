#include "tests/encoder/recogniser/other_graphs.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <set>
#include <utility>

#include "base/status_macros.h"
#include "encoder/forward/forward_pass.h"
#include "engine/pooled_backend.h"
#include "formats/float_formats.h"
#include "head/pooler.h"
#include "model/external_data.h"
#include "tests/encoder/recogniser/loaded_graph.h"
#include "tests/exporter/graph/graph_runner.h"

namespace vetor::testing {
namespace {

std::string WidenedBytes(const std::string& halves) {
  TensorView view{.type = WeightType::kFloat16, .shape = {halves.size() / 2}, .bytes = halves};
  const std::vector<float> floats = ToFloats(view);
  return {reinterpret_cast<const char*>(floats.data()), floats.size() * sizeof(float)};
}

bool CastsToHalf(const OnnxNode& node) {
  return node.op_type == "Cast" && !node.attributes.empty() &&
         std::get<int64_t>(node.attributes[0].value) == static_cast<int64_t>(OnnxElement::kFloat16);
}

// The nodes that give the node's output instead, with its input rounded to 11 bits (T. J. Dekker,
// A floating-point technique for extending the available precision, 1971): c - (c - x) of
// c = (2^13 + 1) x.
std::vector<OnnxNode> RoundingOf(const OnnxNode& node, const std::string& factor) {
  const std::string& name = node.outputs[0];
  const std::string& x = node.inputs[0];
  const std::string large = name + "/large";
  const std::string rest = name + "/rest";
  return {{.op_type = "Mul", .name = large, .inputs = {x, factor}, .outputs = {large}},
          {.op_type = "Sub", .name = rest, .inputs = {large, x}, .outputs = {rest}},
          {.op_type = "Sub", .name = name, .inputs = {large, rest}, .outputs = {name}}};
}

}  // namespace

Result<RecognisedGraph> RecogniseWhole(const std::filesystem::path& path,
                                       const std::string& output) {
  OnnxGraph graph;
  VETOR_ASSIGN_OR_RETURN(GraphFiles files, OpenGraphFiles(path, &graph));
  return ReadRecognisedGraph(std::make_shared<const GraphFiles>(std::move(files)), path, output);
}

OnnxModel Widened(OnnxModel model) {
  for (OnnxInitializer& initializer : model.initializers) {
    if (initializer.element != OnnxElement::kFloat16) continue;
    SetBytes(&initializer, WidenedBytes(BytesOf(initializer)));
    initializer.element = OnnxElement::kFloat;
  }
  for (OnnxNode& node : model.nodes) {
    for (OnnxAttribute& attribute : node.attributes) {
      auto* number = std::get_if<int64_t>(&attribute.value);
      const bool half = node.op_type == "Cast" && attribute.name == "to" && number != nullptr &&
                        *number == static_cast<int64_t>(OnnxElement::kFloat16);
      if (half) *number = static_cast<int64_t>(OnnxElement::kFloat);
    }
  }
  for (OnnxValueInfo& output : model.outputs) {
    if (output.element == OnnxElement::kFloat16) output.element = OnnxElement::kFloat;
  }
  return model;
}

OnnxModel Rounded(const OnnxModel& model) {
  OnnxModel rounded = Widened(model);
  const std::string factor = AddFloats(&rounded, {}, {8193.0F});
  rounded.nodes.clear();
  std::set<std::string> products;
  for (const OnnxNode& node : model.nodes) {
    const bool of_product = node.op_type == "Cast" && products.contains(node.inputs[0]);
    if (!CastsToHalf(node) && !of_product) {
      if (node.op_type == "MatMul") products.insert(node.outputs[0]);
      rounded.nodes.push_back(node);
      continue;
    }
    for (OnnxNode& step : RoundingOf(node, factor)) rounded.nodes.push_back(std::move(step));
  }
  return rounded;
}

Result<Vectors> NativeTexts(const RecognisedGraph& graph, const std::vector<TokenIds>& texts) {
  VETOR_ASSIGN_OR_RETURN(const PackedEncoder packed,
                         PackedEncoder::Pack(graph.encoder, *SupportedKernelSets().front(), 1));
  TokenBatch batch{.row_begin = {0}};
  std::vector<TextTokens> views;
  for (const TokenIds& ids : texts) {
    batch.token_ids.insert(batch.token_ids.end(), ids.begin(), ids.end());
    batch.row_begin.push_back(static_cast<uint32_t>(batch.token_ids.size()));
    views.push_back({ids, {}});
  }
  std::vector<float> states(batch.tokens() * packed.hidden());
  PassScratch scratch;
  VETOR_RETURN_IF_ERROR(RunForwardPass(packed, views, &scratch, nullptr, states));
  VETOR_ASSIGN_OR_RETURN(const Pooler pooler,
                         Pooler::Create(SpecOf(*graph.pooling), packed.hidden()));
  std::vector<float> out(texts.size() * pooler.dim());
  VETOR_RETURN_IF_ERROR(pooler.Finish(batch, {.values = states, .width = packed.hidden()}, out));
  Vectors vectors;
  for (size_t t = 0; t < texts.size(); ++t) {
    const auto first = out.begin() + static_cast<std::ptrdiff_t>(t * pooler.dim());
    vectors.emplace_back(first, first + static_cast<std::ptrdiff_t>(pooler.dim()));
  }
  return vectors;
}

Result<Vectors> RuntimeTexts(const std::filesystem::path& path, const std::vector<TokenIds>& texts,
                             int64_t padding, const std::string& output) {
  size_t longest = 0;
  for (const TokenIds& ids : texts) longest = std::max(longest, ids.size());
  TokenTable ids{static_cast<int64_t>(texts.size()), static_cast<int64_t>(longest), {}};
  TokenTable mask = ids;
  TokenTable types = ids;
  for (const TokenIds& text : texts) {
    for (size_t i = 0; i < longest; ++i) {
      ids.values.push_back(i < text.size() ? text[i] : padding);
      mask.values.push_back(i < text.size() ? 1 : 0);
    }
  }
  types.values.resize(ids.values.size());
  VETOR_ASSIGN_OR_RETURN(const auto runner, GraphRunner::Open(path));
  VETOR_ASSIGN_OR_RETURN(
      const auto outputs,
      runner->Run({{"input_ids", ids}, {"attention_mask", mask}, {"token_type_ids", types}}));
  const FloatTable& table = outputs.at(output);
  if (table.shape.size() != 2 || table.shape[0] != ids.rows) return InternalError("another shape");
  Vectors vectors;
  for (auto it = table.values.begin(); it != table.values.end(); it += table.shape[1]) {
    vectors.emplace_back(it, it + table.shape[1]);
  }
  return vectors;
}

int64_t PaddingOf(const Encoder& encoder) {
  return encoder.position_rule == PositionRule::kAfterPadding ? encoder.pad_token_id : 0;
}

}  // namespace vetor::testing
