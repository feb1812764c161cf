// Measures an EmbeddingsService: speed, memory, cache and quality, for each engine, provider,
// precision and runtime. The command `vetor bench` and the Python package are thin layers over
// this.
//
//   vetor::BenchmarkOptions options;
//   options.config.model.path = "models/all-MiniLM-L6-v2";
//   auto report = vetor::RunBenchmark(options);
//   if (!report.ok()) return Fail(report.status());
//   std::cout << vetor::BenchmarkTable(*report);
//   WriteFile("bench.json", vetor::BenchmarkJson(*report));
//
// Everything here is a plain value; RunBenchmark may be called from any thread, but two at once
// measure each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "vetor/choices.h"
#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor {

/// Two sentences and how alike people found them, on any scale.
struct ScoredPair {
  std::string first;
  std::string second;
  double score = 0;
};

/// How far a benchmark is.
struct BenchmarkProgress {
  size_t done = 0;   ///< Steps that are done.
  size_t total = 0;  ///< Steps of the whole benchmark.
  std::string what;  ///< What runs now: "onnx cpu fp32, mixed, cold, 2 of 3".
};

struct BenchmarkOptions {
  /// Model, batch size, threads, cache bounds. `backend`, `fallback`, providers, precision,
  /// `cache.dir` and `cache.name_space` are set by the benchmark for each configuration.
  EmbeddingsConfig config;

  /// Backends to measure. Empty: hashing, and the model too if `config` names one.
  std::vector<BackendKind> engines;

  /// Providers to try, each on its own. Empty: those of `config`.
  std::vector<std::string> providers;

  /// Precisions to try, each on its own. Empty: that of `config`.
  std::vector<Precision> precisions;

  /// Runtimes to try for the model, each on its own. Empty: that of `config`.
  std::vector<Runtime> runtimes;

  /// Of "short", "mixed", "long", "single" (built in, made by rule, the same everywhere). Empty:
  /// all four, or none if `texts` are given.
  std::vector<std::string> workloads;

  /// The user's own texts: a work load called "input".
  std::vector<std::string> texts;

  /// Empty: all.
  std::vector<CacheState> cache_states;

  /// Runs of each measurement; medians are reported, with the smallest and the largest.
  int repeat = 3;

  /// Multiplies the built-in work loads. At 1 a default run of a MiniLM takes less than a minute on
  /// two cores; 8 gives the sizes of docs/benchmarks.md.
  int scale = 1;

  /// Also throughput by length of text, by batch size and by threads, for the plots.
  bool sweeps = false;

  /// Sentence pairs with scores: Spearman for each precision.
  std::vector<ScoredPair> pairs;

  /// Mean and worst cosine of the other precisions to this one, on the texts of the work loads.
  std::optional<Precision> reference;

  /// Folder below which caches are made, and removed in the end. Empty: the system's temporary one.
  std::string scratch;

  std::stop_token stop;
  /// Called before each step, from the calling thread; must not throw.
  std::function<void(const BenchmarkProgress&)> progress;
};

/// A figure that was measured several times.
struct Spread {
  double median = 0;
  double min = 0;
  double max = 0;
};

/// Of one distribution, in milliseconds.
struct Latency {
  double mean = 0;
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
  size_t samples = 0;
};

/// One configuration, cache state and work load; or, with `error`, why a configuration has none.
struct BenchmarkRow {
  std::string engine;     ///< "onnx", "hashing"
  std::string provider;   ///< "cpu", "cuda", ... as asked for; "" for hashing.
  std::string precision;  ///< What really ran, "fp32"; the one that was asked for if nothing ran.
  std::string runtime;    ///< As asked for: "auto", "native", "onnxruntime"; "" for hashing.
  std::string cache;      ///< "cold", "memory", "disk"
  std::string workload;
  std::string error;            ///< Empty: measured.
  std::string active_provider;  ///< From the runtime's record.
  std::string active_runtime;   ///< "native (avx512)", "onnxruntime 1.28.0"; "" for hashing.
  std::string runtime_reason;   ///< As ServiceInfo::runtime_reason.

  uint64_t texts = 0;
  uint64_t tokens = 0;  ///< Special tokens included, padding excluded; 0 for hashing.
  Spread texts_per_second;
  Spread tokens_per_second;  ///< Useful ones, those of cached texts included.
  /// Wall time of a batch (Metrics::batch_latencies_ms), or of a call with `batch_size` texts if
  /// the cache answered all.
  Latency batch_latency_ms;
  Latency text_latency_ms;    ///< Of a call with one text.
  double cache_hit_rate = 0;  ///< Hits of lookups, 0 to 1.
  double peak_rss_mb = 0;     ///< Highest resident memory of the process during the row, MiB.
  double rss_growth_mb = 0;   ///< Resident at its end, less before the service was opened.
  /// Processor time of this process per second of wall time; 0 if the row took less than half a
  /// second, because the system counts too coarsely.
  double cores_busy = 0;
  double cores_busy_elsewhere = 0;  ///< The same of all other processes of the machine.
};

/// A line of a plot.
struct BenchmarkSeries {
  std::string engine;
  std::string provider;
  std::string precision;
  std::string runtime;  ///< As asked for; "" for hashing.
  std::string by;       ///< "length" (x: mean tokens per text), "batch_size", "threads", "latency".
  struct Point {
    double x = 0;
    Spread y;  ///< Texts per second for hashing by length, else tokens per second; for "latency"
               ///< the share of texts answered within x milliseconds.
  };
  std::vector<Point> points;
};

/// Quality of one precision.
struct BenchmarkQuality {
  std::string engine;
  std::string precision;
  std::string runtime;  ///< As asked for; "" for hashing.
  std::string error;    ///< Empty: measured.
  std::optional<double> spearman;
  size_t pairs = 0;
  std::optional<double> cosine_mean;  ///< To the reference's vectors.
  std::optional<double> cosine_worst;
  size_t compared = 0;
};

struct BenchmarkMachine {
  std::string processor;
  int logical_cores = 0;
  int physical_cores = 0;  ///< Cores that this process may use.
  int workers = 0;         ///< Worker threads that were used.
  std::vector<std::string> features;
  double memory_mb = 0;
  std::string system;
  double cores_busy_before = 0;  ///< Cores that others kept busy just before the start.
};

struct BenchmarkReport {
  std::string vetor_version;
  std::string started_at;  ///< UTC, "2026-11-24T10:00:00Z".
  double seconds = 0;
  BenchmarkMachine machine;
  /// All that ran: "native (avx512), onnxruntime 1.28.0"; empty if only hashing ran.
  std::string runtime;
  std::string compiler;
  std::string model_path;
  std::string model_id;
  size_t dim = 0;
  int max_length = 0;
  int batch_size = 0;
  int repeat = 0;
  std::vector<BenchmarkRow> rows;
  std::vector<BenchmarkSeries> series;
  std::vector<BenchmarkQuality> quality;
  std::vector<std::string> warnings;  ///< "the machine was busy: ..."
};

/// Opens, warms up and measures each configuration. One that cannot start becomes a row with
/// `error`. Errors: INVALID_ARGUMENT (a setting, an unknown name, nothing to do), CANCELLED, and
/// those of a service that fails while it runs.
Result<BenchmarkReport> RunBenchmark(const BenchmarkOptions& options);

/// The report as JSON; docs/bench-json.md describes every key.
std::string BenchmarkJson(const BenchmarkReport& report);

/// For a terminal: a table a configuration, then quality and warnings.
std::string BenchmarkTable(const BenchmarkReport& report);

/// One page with tables and plots that needs nothing but itself.
std::string BenchmarkHtml(const BenchmarkReport& report);

/// Pairs out of CSV text: first, second, score; quotes as in RFC 4180, one header line allowed.
/// INVALID_ARGUMENT names the line.
Result<std::vector<ScoredPair>> ParseScoredPairs(const std::string& csv);

}  // namespace vetor
