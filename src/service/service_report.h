// What a service reports about itself: what it runs, and its counters.
#pragma once

#include "cache/vector_cache.h"
#include "engine/engine.h"
#include "service/metrics_recorder.h"
#include "vetor/metrics.h"
#include "vetor/service_info.h"

namespace vetor {

ServiceInfo DescribeService(const Engine& engine);

/// A snapshot. `cache` may be null.
Metrics ReadMetrics(const MetricsRecorder& recorder, const VectorCache* cache,
                    const Engine& engine);

}  // namespace vetor
