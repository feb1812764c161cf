// What an EmbeddingsService has done and what it runs on. A snapshot: plain values.
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

/// Counters are cumulative since Open and never decrease.
struct Metrics {
  // What the founding user's document names.
  uint64_t cache_hits = 0;    ///< Texts answered from memory or disk.
  uint64_t cache_misses = 0;  ///< Texts looked for and not found.
  /// The latest batches' wall times (at most 4096, oldest first), one entry per model batch and
  /// one per call that needed none, so that a mean over a fully cached run exists.
  std::vector<double> batch_latencies_ms;

  uint64_t calls = 0;
  uint64_t failed_calls = 0;
  uint64_t texts = 0;
  uint64_t computed_texts = 0;  ///< Went through the model or the hasher.
  /// Answered by a computation under way: a copy within the call, or another call's text.
  uint64_t joined_texts = 0;
  uint64_t truncated_texts = 0;  ///< Longer than the model's maximum.
  /// Gave no token at all ("" with a tokenizer that adds none): their vectors are what pooling
  /// makes of nothing, zeros unless a Dense layer follows.
  uint64_t texts_without_tokens = 0;
  uint64_t tokens = 0;          ///< Computed, special tokens included, padding excluded.
  uint64_t padding_tokens = 0;  ///< Computed for nothing.
  uint64_t batches = 0;

  uint64_t cache_memory_hits = 0;
  uint64_t cache_disk_hits = 0;
  uint64_t cache_evicted = 0;
  uint64_t cache_expired = 0;
  uint64_t cache_checksum_misses = 0;  ///< Damaged entries found; each was computed anew.
  uint64_t cache_dropped_writes = 0;   ///< Not stored: queue full, disk full, or no writer.

  StageTimes stages;
  uint64_t resident_bytes = 0;
  uint64_t peak_resident_bytes = 0;

  // What really runs.
  std::string backend;    ///< "onnx" or "hashing"
  std::string provider;   ///< "CPUExecutionProvider", or "" for hashing
  std::string precision;  ///< "fp32", "int8", "fp16", "bf16"
  std::string model_id;
  std::string runtime;    ///< "onnxruntime 1.28.0", or "" for hashing
  bool fallback = false;  ///< Hashing runs although ONNX was asked for.
  std::string fallback_reason;
};

}  // namespace vetor
