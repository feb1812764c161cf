// One work load through one service, timed.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "benchmark/workloads.h"
#include "vetor/benchmark.h"
#include "vetor/embeddings_service.h"

namespace vetor {

/// Samples of one row over its repeats.
struct RowSamples {
  uint64_t texts = 0;
  uint64_t tokens = 0;
  std::vector<double> texts_per_second;
  std::vector<double> tokens_per_second;
  std::vector<double> batch_ms;
  std::vector<double> text_ms;
  uint64_t hits = 0;
  uint64_t lookups = 0;
  double seconds = 0;
  double own_seconds = 0;    ///< Processor time of this process meanwhile,
  double other_seconds = 0;  ///< and of all others.
  double peak_rss_mb = 0;
  double rss_growth_mb = 0;

  /// Fills the figures of `row`; its names stay as they are.
  void Summarize(BenchmarkRow* row) const;
};

struct Measurement {
  EmbeddingsService* service = nullptr;
  const Workload* workload = nullptr;
  CacheState state = CacheState::kCold;
  size_t batch_size = 32;         ///< Texts per call if the cache answers.
  double resident_before_mb = 0;  ///< Before the service was opened.
  std::stop_token stop;
};

/// Adds one repeat to `samples`. The cache must be in the state that `measurement` says: empty,
/// full in memory, or full on disk with an empty memory tier. Errors: those of Embed.
Status Measure(const Measurement& measurement, RowSamples* samples);

/// Computes some of the texts past the cache, together and one by one, so that what comes first
/// does not count: the first texts that run alone are answered by one core
/// (src/backend/onnx/alone_session.h).
Status WarmUp(EmbeddingsService* service, const Workload& workload, std::stop_token stop);

/// Useful tokens per second (texts per second if there are no tokens) of one Embed past the cache,
/// and the mean number of tokens per text.
struct Rate {
  double per_second = 0;
  double mean_tokens = 0;
};
Result<Rate> MeasureRate(EmbeddingsService* service, const std::vector<std::string>& texts,
                         std::stop_token stop);

double ResidentMegabytes();

}  // namespace vetor
