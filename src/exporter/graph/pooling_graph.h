// Emits pooling, Dense layers and normalisation as part of the graph.
#pragma once

#include "exporter/graph/graph_builder.h"
#include "head/pooling_spec.h"
#include "vetor/status.h"

namespace vetor {

/// One vector per text.
struct PooledTexts {
  Value value;    ///< float32 [batch, width]
  int64_t width;  ///< The number of components.
};

/// Token vectors and mask as the graph has them: `tokens` float32 [batch, tokens, width], `mask`
/// int64 [batch, tokens].
struct TokenVectors {
  Value tokens;
  Value mask;
  int64_t width;
};

/// Definitions are those of head/pooler.h. Places in a row count only the tokens of the mask, so
/// padding on either side changes nothing. A row without a token gives zeros; for max it gives
/// float32's lowest number. UNIMPLEMENTED for include_prompt = false, because a graph does not know
/// which tokens belong to the prompt. INVALID_ARGUMENT if Dense layers do not fit, or if `dim` is
/// larger than the vector.
Result<PooledTexts> EmitPooling(GraphBuilder* graph, const TokenVectors& vectors,
                                const PoolingSpec& spec);

}  // namespace vetor
