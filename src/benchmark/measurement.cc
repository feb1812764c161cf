#include "benchmark/measurement.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "base/status_macros.h"
#include "benchmark/statistics.h"
#include "os/cpu.h"
#include "os/machine.h"

namespace vetor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kWarmUpTexts = 32;
constexpr size_t kSingleTexts = 24;  // Timed one at a time beside the bulk of a work load.
// The system counts processor time in hundredths of a second.
constexpr double kShortestLoadSample = 0.5;
// Given at once, as the command does; memory stays flat for a user's file of any size.
constexpr size_t kTextsPerCall = 8192;

double Megabytes(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The latest `count` entries among those that are still kept.
void AppendLatest(const std::vector<double>& kept, uint64_t count, std::vector<double>* to) {
  const auto take = static_cast<std::ptrdiff_t>(std::min<uint64_t>(count, kept.size()));
  to->insert(to->end(), kept.end() - take, kept.end());
}

std::span<const std::string> Part(const std::vector<std::string>& texts, size_t begin,
                                  size_t count) {
  return std::span(texts).subspan(begin, std::min(count, texts.size() - begin));
}

uint64_t TokensOf(const Embeddings& embeddings) {
  uint64_t tokens = 0;
  for (const TextInfo& text : embeddings.texts) tokens += text.tokens;
  return tokens;
}

// Calls with one text each, evenly out of the work load.
Status TimeSingles(const Measurement& measurement, RowSamples* samples) {
  const std::vector<std::string>& texts = measurement.workload->texts;
  const size_t step = std::max<size_t>(1, texts.size() / kSingleTexts);
  EmbedOptions options{.stop = measurement.stop};
  options.use_cache = measurement.state != CacheState::kCold;  // The bulk needs them unknown.
  for (size_t i = 0; i < texts.size(); i += step) {
    const Clock::time_point start = Clock::now();
    VETOR_RETURN_IF_ERROR(measurement.service->Embed(Part(texts, i, 1), options).status());
    samples->text_ms.push_back(SecondsSince(start) * 1e3);
  }
  return Status();
}

// The whole work load once, in calls of `texts_per_call`. The time of each call that the cache
// answered is a batch's; batches of the model are taken from the service's own record.
Result<uint64_t> RunCalls(const Measurement& measurement, size_t texts_per_call,
                          RowSamples* samples) {
  const Workload& workload = *measurement.workload;
  const Metrics before = measurement.service->metrics();
  uint64_t tokens = 0;
  for (size_t begin = 0; begin < workload.texts.size(); begin += texts_per_call) {
    const Clock::time_point start = Clock::now();
    VETOR_ASSIGN_OR_RETURN(const Embeddings embeddings,
                           measurement.service->Embed(Part(workload.texts, begin, texts_per_call),
                                                      {.stop = measurement.stop}));
    const double ms = SecondsSince(start) * 1e3;
    if (workload.one_at_a_time) samples->text_ms.push_back(ms);
    if (measurement.state != CacheState::kCold) samples->batch_ms.push_back(ms);
    tokens += TokensOf(embeddings);
  }
  const Metrics after = measurement.service->metrics();
  if (measurement.state == CacheState::kCold) {
    AppendLatest(after.batch_latencies_ms, after.batches - before.batches, &samples->batch_ms);
  }
  samples->hits += after.cache_hits - before.cache_hits;
  samples->lookups +=
      after.cache_hits + after.cache_misses - before.cache_hits - before.cache_misses;
  return tokens;
}

size_t TextsPerCall(const Measurement& measurement) {
  if (measurement.workload->one_at_a_time) return 1;
  return measurement.state == CacheState::kCold ? kTextsPerCall
                                                : std::max<size_t>(1, measurement.batch_size);
}

}  // namespace

double ResidentMegabytes() { return Megabytes(ReadMemoryUse().resident_bytes); }

void RowSamples::Summarize(BenchmarkRow* row) const {
  row->texts = texts;
  row->tokens = tokens;
  row->texts_per_second = SpreadOf(texts_per_second);
  row->tokens_per_second = SpreadOf(tokens_per_second);
  row->batch_latency_ms = LatencyOf(batch_ms);
  row->text_latency_ms = LatencyOf(text_ms);
  row->cache_hit_rate =
      lookups > 0 ? static_cast<double>(hits) / static_cast<double>(lookups) : 0.0;
  row->peak_rss_mb = peak_rss_mb;
  row->rss_growth_mb = rss_growth_mb;
  if (seconds < kShortestLoadSample) return;
  row->cores_busy = own_seconds / seconds;
  row->cores_busy_elsewhere = std::max(0.0, other_seconds / seconds);
}

Status WarmUp(EmbeddingsService* service, const Workload& workload, std::stop_token stop) {
  const EmbedOptions options{.use_cache = false, .stop = std::move(stop)};
  const auto texts = Part(workload.texts, 0, kWarmUpTexts);
  VETOR_RETURN_IF_ERROR(service->Embed(texts, options).status());
  for (const auto& text : texts) {
    VETOR_RETURN_IF_ERROR(service->Embed(std::span(&text, 1), options).status());
  }
  return Status();
}

Status Measure(const Measurement& measurement, RowSamples* samples) {
  ResetPeakMemory();
  if (!measurement.workload->one_at_a_time) {
    VETOR_RETURN_IF_ERROR(TimeSingles(measurement, samples));
  }
  const ProcessorTimes before = ReadProcessorTimes();
  const Clock::time_point start = Clock::now();
  VETOR_ASSIGN_OR_RETURN(const uint64_t tokens,
                         RunCalls(measurement, TextsPerCall(measurement), samples));
  const double seconds = SecondsSince(start);
  const ProcessorTimes after = ReadProcessorTimes();
  const auto texts = static_cast<double>(measurement.workload->texts.size());
  samples->texts = measurement.workload->texts.size();
  samples->tokens = tokens;
  samples->texts_per_second.push_back(texts / seconds);
  samples->tokens_per_second.push_back(static_cast<double>(tokens) / seconds);
  samples->seconds += seconds;
  samples->own_seconds += after.own - before.own;
  samples->other_seconds += after.machine - before.machine - (after.own - before.own);
  const MemoryUse memory = ReadMemoryUse();
  samples->peak_rss_mb = std::max(samples->peak_rss_mb, Megabytes(memory.peak_resident_bytes));
  samples->rss_growth_mb = std::max(
      samples->rss_growth_mb, Megabytes(memory.resident_bytes) - measurement.resident_before_mb);
  return Status();
}

Result<Rate> MeasureRate(EmbeddingsService* service, const std::vector<std::string>& texts,
                         std::stop_token stop) {
  const Clock::time_point start = Clock::now();
  VETOR_ASSIGN_OR_RETURN(
      const Embeddings embeddings,
      service->Embed(std::span(texts), {.use_cache = false, .stop = std::move(stop)}));
  const double seconds = SecondsSince(start);
  const auto tokens = static_cast<double>(TokensOf(embeddings));
  const auto count = static_cast<double>(texts.size());
  return Rate{.per_second = (tokens > 0 ? tokens : count) / seconds, .mean_tokens = tokens / count};
}

}  // namespace vetor
