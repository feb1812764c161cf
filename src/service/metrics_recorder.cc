#include "service/metrics_recorder.h"

namespace vetor {

void MetricsRecorder::AddLatency(double ms) {
  const MutexLock lock(&mutex_);
  if (latencies_.size() < kLatencies) {
    latencies_.push_back(ms);
    return;
  }
  latencies_[next_latency_] = ms;
  next_latency_ = (next_latency_ + 1) % kLatencies;
}

void MetricsRecorder::CopyTo(Metrics* metrics) const {
  metrics->calls = calls;
  metrics->failed_calls = failed_calls;
  metrics->refused_calls = refused_calls;
  metrics->texts = texts;
  metrics->computed_texts = computed_texts;
  metrics->joined_texts = joined_texts;
  metrics->truncated_texts = truncated_texts;
  metrics->texts_without_tokens = texts_without_tokens;
  metrics->tokens = tokens;
  metrics->padding_tokens = padding_tokens;
  metrics->batches = batches;
  metrics->cache_hits = cache_hits;
  metrics->cache_misses = cache_misses;
  metrics->stages.tokenize_ms = tokenize.ms();
  metrics->stages.cache_find_ms = cache_find.ms();
  metrics->stages.cache_insert_ms = cache_insert.ms();
  metrics->stages.model_ms = model.ms();
  metrics->stages.pool_ms = pool.ms();
  const MutexLock lock(&mutex_);
  metrics->batch_latencies_ms.clear();
  metrics->batch_latencies_ms.reserve(latencies_.size());
  for (size_t i = 0; i < latencies_.size(); ++i) {
    metrics->batch_latencies_ms.push_back(latencies_[(next_latency_ + i) % latencies_.size()]);
  }
}

}  // namespace vetor
