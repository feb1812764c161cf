// Throughput by length of text, by batch size and by threads.
#pragma once

#include "benchmark/session.h"
#include "vetor/status.h"

namespace vetor {

/// Throughput by length, batch size and threads, of the first configuration that runs each engine.
size_t CountSweepSteps(const BenchmarkSession& session);
Status MeasureSweeps(BenchmarkSession* session);

}  // namespace vetor
