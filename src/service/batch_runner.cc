#include "service/batch_runner.h"

#include <algorithm>
#include <string>

#include "head/dense_payload.h"
#include "os/cpu.h"

namespace vetor {
namespace {

EmbedCall* CallOf(const ScheduledRow& row) { return static_cast<EmbedCall*>(row.call); }

}  // namespace

SchedulerOptions QueueOptions(const EmbeddingsConfig& config, const BackendTraits& traits) {
  const int cores = config.threads > 0 ? config.threads : ReadCpuBudget().workers;
  SchedulerOptions options;
  // One worker per core, whatever intra_op_threads is: with intra_op_threads 2, half as many
  // workers lost a fifth of the throughput (docs/performance.md).
  options.limits.workers = static_cast<size_t>(std::max(1, cores));
  options.limits.max_rows = static_cast<size_t>(std::max(1, config.batch_size));
  if (traits.max_rows > 0) {
    options.limits.max_rows = std::min(options.limits.max_rows, traits.max_rows);
  }
  options.limits.max_tokens = traits.max_tokens;
  options.limits.equal_lengths = traits.equal_lengths;
  return options;
}

void BatchRunner::Run(const TokenBatch& batch, std::span<const ScheduledRow> rows) const {
  const Stopwatch watch;
  for (const ScheduledRow& row : rows) CallOf(row)->NoteStart(watch.start());
  DenseBlock block(batch.rows(), engine_->dim());
  const Status status = Compute(batch, block.values());
  if (status.ok()) {
    recorder_->AddLatency(watch.ms());
    ++recorder_->batches;
    thread_local FinishedTexts finished;
    finished.Clear();
    for (size_t r = 0; r < rows.size(); ++r) {
      CallOf(rows[r])->Deliver(rows[r].index, block.Row(r), &finished);
    }
    return Keep(finished);
  }
  if (rows.size() == 1) {
    // DATA_LOSS concerns the model's files, whichever text met it.
    const bool of_text = status.code() != StatusCode::kDataLoss;
    const size_t row = CallOf(rows[0])->row(rows[0].index);
    return rows[0].call->Fail(of_text ? status.WithContext("text " + std::to_string(row)) : status);
  }
  // The rows run again one by one, so that a bad text fails only its own call.
  for (size_t r = 0; r < rows.size(); ++r) Run(batch.Only(r), rows.subspan(r, 1));
}

// Texts go into the cache with each batch and not at the end of each call, so that a call that ends
// early (deadline, stop, a text that fails) leaves its finished texts to the next call.
void BatchRunner::Keep(const FinishedTexts& finished) const {
  recorder_->computed_texts += finished.count;
  if (finished.keys.empty()) return;
  const Stopwatch watch;
  cache_->Insert(finished.keys, finished.records);
  recorder_->cache_insert.AddMs(watch.ms());
}

Status BatchRunner::Compute(const TokenBatch& batch, std::span<float> vectors) const {
  RunCost cost;
  Status status = engine_->Run(batch, vectors, &cost);
  recorder_->model.AddMs(cost.model_ms);
  recorder_->pool.AddMs(cost.head_ms);
  recorder_->padding_tokens += cost.padding_tokens;
  return status;
}

}  // namespace vetor
