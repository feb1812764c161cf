// What a worker does with a batch: it runs the batch, gives each row to its call, and keeps the
// finished texts in the cache.
#pragma once

#include <span>

#include "batching/scheduler.h"
#include "batching/token_batch.h"
#include "cache/vector_cache.h"
#include "engine/engine.h"
#include "service/embed_call.h"
#include "service/metrics_recorder.h"
#include "vetor/embeddings_config.h"

namespace vetor {

/// How batches are made for the open backend.
SchedulerOptions QueueOptions(const EmbeddingsConfig& config, const BackendTraits& traits);

/// Thread-safe. The objects that it is made from must outlive it.
class BatchRunner {
 public:
  /// `cache` may be null.
  BatchRunner(const Engine* engine, VectorCache* cache, MetricsRecorder* recorder)
      : engine_(engine), cache_(cache), recorder_(recorder) {}

  /// As Scheduler::RunBatch, for calls that are EmbedCalls.
  void Run(const TokenBatch& batch, std::span<const ScheduledRow> rows) const;

 private:
  Status Compute(const TokenBatch& batch, std::span<float> vectors) const;
  void Keep(const FinishedTexts& finished) const;

  const Engine* const engine_;
  VectorCache* const cache_;
  MetricsRecorder* const recorder_;
};

}  // namespace vetor
