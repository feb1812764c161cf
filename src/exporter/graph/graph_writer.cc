#include "exporter/graph/graph_writer.h"

#include <string>

#include "base/status_macros.h"
#include "exporter/graph/attention_context.h"
#include "exporter/graph/emitters.h"
#include "exporter/graph/graph_builder.h"
#include "exporter/graph/layer.h"
#include "exporter/graph/pooling_graph.h"
#include "exporter/graph/token_ops.h"
#include "exporter/graph/weight_source.h"

namespace vetor {
namespace {

const std::vector<OnnxDim> kTokens = {"batch_size", "sequence_length"};

// m = ids != pad; cumsum(m) * m + pad
Value PositionsAfterPadding(GraphBuilder* graph, const Value& ids, int64_t pad) {
  const Value padding = graph->Op("Equal", {ids, graph->Integer(pad)});
  const Value present = graph->Cast(graph->Op("Not", {padding}), OnnxElement::kInt64);
  const Value count = graph->Op("CumSum", {present, graph->Integer(1)});
  return graph->Op("Add", {graph->Op("Mul", {count, present}), graph->Integer(pad)});
}

class EncoderGraph {
 public:
  EncoderGraph(const Encoder& encoder, const GraphOptions& options)
      : encoder_(encoder), options_(options), graph_(options.opset) {}

  Result<OnnxModel> Build() {
    const Value ids = Input("input_ids");
    const Value mask = Input("attention_mask");
    AttentionContext attention(&graph_, ids, mask);
    Value x = Embed(ids, &attention);
    const LayerContext context{&graph_, &attention, &linear(), &encoder_};
    for (size_t i = 0; i < encoder_.layers.size(); ++i) {
      x = EmitLayer(context, x, encoder_.layers[i], "layer." + std::to_string(i));
    }
    graph_.SetScope("final");
    if (encoder_.final_norm) {
      x = EmitNorm(&graph_, x, *encoder_.final_norm, encoder_.hidden_size, "final/norm");
    }
    graph_.AddOutput(x, {.name = "last_hidden_state",
                         .dims = {"batch_size", "sequence_length", int64_t{encoder_.hidden_size}}});
    if (options_.pooling != nullptr) {
      VETOR_RETURN_IF_ERROR(AddPooling({x, mask, encoder_.hidden_size}));
    }
    return graph_.Finish(encoder_.family);
  }

 private:
  const LinearEmitter& linear() const { return options_.linear ? *options_.linear : linear_; }
  const EmbeddingEmitter& embedding() const {
    return options_.embedding ? *options_.embedding : embedding_;
  }

  Value Input(const std::string& name) {
    graph_.AddInput({.name = name, .element = OnnxElement::kInt64, .dims = kTokens});
    return name;
  }

  Status AddPooling(const TokenVectors& vectors) {
    VETOR_ASSIGN_OR_RETURN(const PooledTexts texts,
                           EmitPooling(&graph_, vectors, *options_.pooling));
    graph_.AddOutput(texts.value,
                     {.name = "sentence_embedding", .dims = {"batch_size", texts.width}});
    return Status();
  }

  Value Embed(const Value& ids, AttentionContext* attention) {
    graph_.SetScope("embedding");
    Value x = embedding().Emit(&graph_, ids, encoder_.word, "embedding/word");
    if (encoder_.word_scale != 1) {
      x = graph_.Op("Mul", {x, graph_.Scalar(static_cast<float>(encoder_.word_scale))});
    }
    x = AddTokenTypes(x);
    x = AddPositions(x, ids, attention);
    if (!encoder_.embedding_norm) return x;
    return EmitNorm(&graph_, x, *encoder_.embedding_norm, encoder_.hidden_size, "embedding/norm");
  }

  Value AddTokenTypes(const Value& x) {
    if (encoder_.token_type.empty()) return x;
    const Value table =
        graph_.Weight(TensorWeight("embedding/token_type.weight", encoder_.token_type));
    const Value types = encoder_.token_type_input ? Input("token_type_ids") : graph_.Integers({0});
    return graph_.Op("Add", {x, graph_.Op("Gather", {table, types})});
  }

  Value AddPositions(const Value& x, const Value& ids, AttentionContext* attention) {
    if (encoder_.position_rule == PositionRule::kNone || encoder_.position.empty()) return x;
    const Value positions = encoder_.position_rule == PositionRule::kAfterPadding
                                ? PositionsAfterPadding(&graph_, ids, encoder_.pad_token_id)
                                : attention->Positions();
    graph_.SetScope("embedding");
    const Value table = graph_.Weight(TensorWeight("embedding/position.weight", encoder_.position));
    return graph_.Op("Add", {x, graph_.Op("Gather", {table, positions})});
  }

  const Encoder& encoder_;
  const GraphOptions& options_;
  GraphBuilder graph_;
  FloatLinear linear_{OnnxElement::kFloat};
  FloatEmbedding embedding_{OnnxElement::kFloat};
};

}  // namespace

Status WriteGraph(const Encoder& encoder, const GraphOptions& options,
                  const std::filesystem::path& path) {
  if (options.opset < kMinOpset || options.opset > kMaxOpset) {
    return InvalidArgumentError("opset " + std::to_string(options.opset) + ", expected " +
                                std::to_string(kMinOpset) + " to " + std::to_string(kMaxOpset));
  }
  VETOR_ASSIGN_OR_RETURN(const OnnxModel model, EncoderGraph(encoder, options).Build());
  return WriteOnnxFile(model, path, options.max_file_bytes);
}

}  // namespace vetor
