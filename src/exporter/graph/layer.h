// One layer of the encoder: attention and feed-forward, each with its norms and its residual.
#pragma once

#include "encoder/encoder.h"
#include "exporter/graph/attention_context.h"
#include "exporter/graph/emitters.h"
#include "exporter/graph/graph_builder.h"

namespace vetor {

/// The objects that every layer needs to be emitted.
struct LayerContext {
  GraphBuilder* graph;
  AttentionContext* attention;
  const LinearEmitter* linear;
  const Encoder* encoder;
};

/// Emits `layer`: takes x and returns the layer's output, both [batch, tokens, hidden]. `name` is
/// like "layer.0".
Value EmitLayer(const LayerContext& context, const Value& x, const EncoderLayer& layer,
                const std::string& name);

}  // namespace vetor
