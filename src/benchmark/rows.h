// Each configuration, cache state and work load. Repeats are the outer loop, so that a neighbour
// who comes and goes disturbs one repeat of all rows rather than all repeats of one.
#pragma once

#include "benchmark/session.h"
#include "vetor/status.h"

namespace vetor {

/// The rows: each configuration, cache state and work load.
size_t CountRowSteps(const BenchmarkSession& session);
Status MeasureRows(BenchmarkSession* session);

}  // namespace vetor
