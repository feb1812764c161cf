// All of a service's metrics in one struct.
#pragma once

#include "cache/vector_cache.h"
#include "engine/engine.h"
#include "service/metrics_recorder.h"
#include "vetor/metrics.h"

namespace vetor {

/// A snapshot. `cache` may be null.
Metrics ReadMetrics(const MetricsRecorder& recorder, const VectorCache* cache,
                    const Engine& engine);

}  // namespace vetor
