// A backend whose texts are pooled as a graph pools them: what vetor's own kernels are for a graph
// with finished vectors.
#pragma once

#include <memory>

#include "backend/backend.h"
#include "encoder/recogniser/graph_pooling.h"
#include "head/pooling_spec.h"
#include "vetor/status.h"

namespace vetor {

/// The same as a head's.
PoolingSpec SpecOf(const GraphPooling& pooling);

/// Takes a backend that gives token vectors, and gives one vector per text of them. Thread-safe.
/// Errors: those of Pooler.
Result<std::unique_ptr<Backend>> PoolTokens(std::unique_ptr<Backend> tokens,
                                            const GraphPooling& pooling);

}  // namespace vetor
