// What an EmbeddingsService has done and what it runs on: a snapshot of plain values, which the
// caller owns and which does not change. EmbeddingsService::metrics may be called from any thread;
// counters of calls that run meanwhile may be from before or after one of their batches.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vetor {

/// Wall time spent in each stage, summed over all calls and workers, in milliseconds.
struct StageTimes {
  double tokenize_ms = 0;
  double cache_find_ms = 0;
  double cache_insert_ms = 0;
  double model_ms = 0;
  double pool_ms = 0;
};

/// One level of the cache. Counters are cumulative since Open.
struct CacheTierMetrics {
  std::string name;              ///< "memory", "disk"
  uint64_t hits = 0;             ///< Texts answered from here.
  uint64_t evicted = 0;          ///< Removed to stay within the bound.
  uint64_t expired = 0;          ///< Looked up, but too old or from the future.
  uint64_t checksum_misses = 0;  ///< Found damaged, and removed.
  uint64_t dropped_writes = 0;   ///< Not stored: queue full, disk full, or no writer.
};

/// Counters are cumulative since Open and never decrease.
struct Metrics {
  uint64_t cache_hits = 0;    ///< Texts answered from memory or disk.
  uint64_t cache_misses = 0;  ///< Texts looked for and not found.
  /// Wall times of the latest batches in milliseconds (at most 4096, oldest first): one entry per
  /// batch, and one per call that needed no batch, so that a mean over a fully cached run exists. A
  /// batch is one run of the model. Hashing takes batch_size texts at a time: the n texts that a
  /// call computes give n / batch_size entries, rounded up; more if batch_size texts have more than
  /// 8 MiB, fewer if calls at the same time share a batch.
  std::vector<double> batch_latencies_ms;

  uint64_t calls = 0;
  uint64_t failed_calls = 0;
  uint64_t refused_calls = 0;  ///< Of these: no room (WhenFull::kRefuse), or not admitted.
  uint64_t texts = 0;
  uint64_t computed_texts = 0;  ///< Texts that went through the model or the hasher.
  /// Texts answered by a computation under way: of the same text in this call or in another.
  uint64_t joined_texts = 0;
  uint64_t truncated_texts = 0;  ///< Texts longer than the model's maximum.
  /// Texts that gave no token at all ("" with a tokenizer that adds none). Their vectors are what
  /// pooling makes of nothing: zeros unless a Dense layer follows.
  uint64_t texts_without_tokens = 0;
  /// Tokens of the texts that had to be computed, special tokens included, padding excluded.
  /// Counted when a text has been tokenized, before it waits for the model.
  uint64_t tokens = 0;
  /// Padding that the model was fed beside `tokens`, because a graph wants a fixed shape. Usually 0
  /// on a CPU: texts of equal length share a batch, so that nothing is padded.
  uint64_t padding_tokens = 0;
  uint64_t batches = 0;

  /// Each level of the cache, the fastest first; those that are not open are not listed.
  std::vector<CacheTierMetrics> cache_tiers;
  // Of `cache_tiers`, for who needs no levels.
  uint64_t cache_memory_hits = 0;      ///< Hits of "memory".
  uint64_t cache_disk_hits = 0;        ///< Hits of "disk".
  uint64_t cache_evicted = 0;          ///< Of "disk": what leaves memory is mostly still there.
  uint64_t cache_expired = 0;          ///< Of all levels, as the next two.
  uint64_t cache_checksum_misses = 0;  ///< Damaged entries found; each was computed anew.
  uint64_t cache_dropped_writes = 0;

  StageTimes stages;
  uint64_t resident_bytes = 0;
  uint64_t peak_resident_bytes = 0;

  // What really runs.
  std::string backend;    ///< "onnx" or "hashing"
  std::string provider;   ///< "CPUExecutionProvider", or "" for hashing
  std::string precision;  ///< "fp32", "int8", "fp16", "bf16"
  std::string model_id;
  std::string runtime;         ///< "native (avx512)", "onnxruntime 1.28.0", or "" for hashing
  std::string runtime_reason;  ///< Why vetor's own kernels do not run the model; "" if they do.
  bool fallback = false;       ///< Hashing runs although ONNX was asked for.
  std::string fallback_reason;
};

/// Calls visit(name, value) for every field, stages included, in the order above. The Python
/// package's metrics and the command's --stats report are made with it, so that neither lacks a
/// field.
template <typename Visit>
void ForEachMetric(const Metrics& metrics, Visit&& visit) {
  // A field more or less in the structs does not compile here.
  const auto& [cache_hits, cache_misses, batch_latencies_ms, calls, failed_calls, refused_calls,
               texts, computed_texts, joined_texts, truncated_texts, texts_without_tokens, tokens,
               padding_tokens, batches, cache_tiers, cache_memory_hits, cache_disk_hits,
               cache_evicted, cache_expired, cache_checksum_misses, cache_dropped_writes, stages,
               resident_bytes, peak_resident_bytes, backend, provider, precision, model_id, runtime,
               runtime_reason, fallback, fallback_reason] = metrics;
  const auto& [tokenize_ms, cache_find_ms, cache_insert_ms, model_ms, pool_ms] = stages;
  visit("cache_hits", cache_hits);
  visit("cache_misses", cache_misses);
  visit("batch_latencies_ms", batch_latencies_ms);
  visit("calls", calls);
  visit("failed_calls", failed_calls);
  visit("refused_calls", refused_calls);
  visit("texts", texts);
  visit("computed_texts", computed_texts);
  visit("joined_texts", joined_texts);
  visit("truncated_texts", truncated_texts);
  visit("texts_without_tokens", texts_without_tokens);
  visit("tokens", tokens);
  visit("padding_tokens", padding_tokens);
  visit("batches", batches);
  visit("cache_tiers", cache_tiers);
  visit("cache_memory_hits", cache_memory_hits);
  visit("cache_disk_hits", cache_disk_hits);
  visit("cache_evicted", cache_evicted);
  visit("cache_expired", cache_expired);
  visit("cache_checksum_misses", cache_checksum_misses);
  visit("cache_dropped_writes", cache_dropped_writes);
  visit("tokenize_ms", tokenize_ms);
  visit("cache_find_ms", cache_find_ms);
  visit("cache_insert_ms", cache_insert_ms);
  visit("model_ms", model_ms);
  visit("pool_ms", pool_ms);
  visit("resident_bytes", resident_bytes);
  visit("peak_resident_bytes", peak_resident_bytes);
  visit("backend", backend);
  visit("provider", provider);
  visit("precision", precision);
  visit("model_id", model_id);
  visit("runtime", runtime);
  visit("runtime_reason", runtime_reason);
  visit("fallback", fallback);
  visit("fallback_reason", fallback_reason);
}

/// The same for the fields of one level.
template <typename Visit>
void ForEachTierMetric(const CacheTierMetrics& tier, Visit&& visit) {
  const auto& [name, hits, evicted, expired, checksum_misses, dropped_writes] = tier;
  visit("name", name);
  visit("hits", hits);
  visit("evicted", evicted);
  visit("expired", expired);
  visit("checksum_misses", checksum_misses);
  visit("dropped_writes", dropped_writes);
}

}  // namespace vetor
