// Pooling, Dense layers and normalisation as part of the graph.
#pragma once

#include "exporter/graph/graph_builder.h"
#include "head/pooling_spec.h"
#include "vetor/status.h"

namespace vetor {

/// One vector per text.
struct PooledTexts {
  Value value;    ///< float32 [batch, width]
  int64_t width;  ///< Components.
};

/// Token vectors and mask as the graph has them: `tokens` float32 [batch, tokens, width], `mask`
/// int64 [batch, tokens].
struct TokenVectors {
  Value tokens;
  Value mask;
  int64_t width;
};

/// Definitions as in head/pooler.h; places in a row count the tokens that the mask has, so that
/// padding on either side changes nothing. A row without any token gives zeros, for max float32's
/// lowest number. UNIMPLEMENTED for include_prompt = false: a graph does not know which tokens are
/// the prompt's. INVALID_ARGUMENT when Dense layers do not fit, or `dim` is larger than what there
/// is.
Result<PooledTexts> EmitPooling(GraphBuilder* graph, const TokenVectors& vectors,
                                const PoolingSpec& spec);

}  // namespace vetor
