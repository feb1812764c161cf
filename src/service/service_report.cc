#include "service/service_report.h"

#include <utility>

#include "os/cpu.h"

namespace vetor {

ServiceInfo DescribeService(const Engine& engine) {
  const EngineInfo& info = engine.info();
  const BackendTraits& traits = engine.traits();
  return {.model_id = info.model_id,
          .dim = engine.dim(),
          .max_length = info.any_length ? 0 : info.max_length,
          .normalized = info.normalize,
          .normalized_by_model = info.normalized_by_model,
          .prompts = info.prompts,
          .active_backend = traits.backend,
          .active_provider = traits.provider,
          .active_runtime = traits.library,
          .runtime_reason = info.runtime_reason,
          .active_precision = traits.precision,
          .fallback_reason = info.fallback_reason,
          .fingerprint = info.service_fingerprint,
          .component_ranges = info.ranges};
}

Metrics ReadMetrics(const MetricsRecorder& recorder, const VectorCache* cache,
                    const Engine& engine) {
  Metrics metrics;
  recorder.CopyTo(&metrics);
  if (cache != nullptr) {
    VectorCacheCounters counters = cache->counters();
    const CacheTierMetrics total = counters.Total();
    metrics.cache_memory_hits = counters.Of("memory").hits;
    metrics.cache_disk_hits = counters.Of("disk").hits;
    // Only the disk counts: a vector that is evicted from memory is mostly still on disk.
    metrics.cache_evicted = counters.Of("disk").evicted;
    metrics.cache_expired = total.expired;
    metrics.cache_checksum_misses = total.checksum_misses;
    metrics.cache_dropped_writes = total.dropped_writes;
    metrics.cache_tiers = std::move(counters.tiers);
  }
  const MemoryUse memory = ReadMemoryUse();
  metrics.resident_bytes = memory.resident_bytes;
  metrics.peak_resident_bytes = memory.peak_resident_bytes;
  const BackendTraits& traits = engine.traits();
  metrics.backend = traits.backend;
  metrics.provider = traits.provider;
  metrics.precision = traits.precision;
  metrics.model_id = engine.info().model_id;
  metrics.runtime = traits.library;
  metrics.runtime_reason = engine.info().runtime_reason;
  metrics.fallback_reason = engine.info().fallback_reason;
  metrics.fallback = !metrics.fallback_reason.empty();
  return metrics;
}

}  // namespace vetor
