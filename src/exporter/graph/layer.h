// One layer of the encoder: attention and feed-forward, each with its norms and its residual.
#pragma once

#include "encoder/encoder.h"
#include "exporter/graph/attention_context.h"
#include "exporter/graph/emitters.h"
#include "exporter/graph/graph_builder.h"

namespace vetor {

/// The parts with which every layer is emitted.
struct LayerContext {
  GraphBuilder* graph;
  AttentionContext* attention;
  const LinearEmitter* linear;
  const Encoder* encoder;
};

/// x -> x after `layer`, [batch, tokens, hidden]. `name`: "layer.0".
Value EmitLayer(const LayerContext& context, const Value& x, const EncoderLayer& layer,
                const std::string& name);

}  // namespace vetor
