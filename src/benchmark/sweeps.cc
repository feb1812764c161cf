#include "benchmark/sweeps.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "benchmark/measurement.h"
#include "benchmark/statistics.h"
#include "os/cpu.h"

namespace vetor {
namespace {

constexpr size_t kWords[] = {4, 8, 16, 32, 64, 128};
constexpr size_t kWordsALength = 4096;  // Words of all texts of one length together.
constexpr int kBatchSizes[] = {1, 2, 4, 8, 16, 32, 64};
constexpr size_t kSweepTexts = 160;  // Texts of the mixed work load.

std::vector<int> ThreadCounts(int workers) {
  std::vector<int> counts;
  for (int count = 1; count < workers; count *= 2) counts.push_back(count);
  counts.push_back(workers);
  return counts;
}

int Workers(const EmbeddingsConfig& config) {
  return config.threads > 0 ? config.threads : ReadCpuBudget().workers;
}

// Without the configurations whose row says why they do not run.
std::vector<const BenchmarkConfiguration*> Running(const BenchmarkSession& session) {
  std::vector<const BenchmarkConfiguration*> running;
  for (const BenchmarkConfiguration& configuration : session.configurations) {
    const auto failed = [&](const BenchmarkRow& row) {
      return !row.error.empty() && row.engine == configuration.engine &&
             row.provider == configuration.provider && row.precision == configuration.precision &&
             row.runtime == configuration.runtime;
    };
    const auto& rows = session.report->rows;
    if (std::none_of(rows.begin(), rows.end(), failed)) running.push_back(&configuration);
  }
  return running;
}

class Sweep {
 public:
  Sweep(BenchmarkSession* session, const BenchmarkConfiguration& configuration)
      : session_(session), configuration_(configuration), config_(configuration.config) {
    config_.cache.enabled = false;
  }

  Status Run() {
    VETOR_RETURN_IF_ERROR(ByLength());
    // Hashing has no model batches, and it is so fast that threads would end before they all start.
    if (configuration_.engine == "hashing") {
      session_->step += std::size(kBatchSizes) + ThreadCounts(Workers(config_)).size();
      return Status();
    }
    VETOR_ASSIGN_OR_RETURN(Workload mixed, MakeWorkload("mixed", 1));
    mixed.texts.resize(kSweepTexts);
    std::vector<int> sizes(std::begin(kBatchSizes), std::end(kBatchSizes));
    VETOR_RETURN_IF_ERROR(
        Over("batch_size", sizes, mixed.texts,
             [](EmbeddingsConfig* config, int value) { config->batch_size = value; }));
    return Over("threads", ThreadCounts(Workers(config_)), mixed.texts,
                [](EmbeddingsConfig* config, int value) { config->threads = value; });
  }

 private:
  Result<std::unique_ptr<EmbeddingsService>> Open(const EmbeddingsConfig& config) {
    VETOR_ASSIGN_OR_RETURN(auto service, EmbeddingsService::Open(config));
    precision_ = service->active_precision();
    VETOR_RETURN_IF_ERROR(
        WarmUp(service.get(), session_->workloads.front(), session_->options.stop));
    return service;
  }

  void Add(const std::string& by, std::vector<BenchmarkSeries::Point> points) {
    session_->report->series.push_back({.engine = configuration_.engine,
                                        .provider = configuration_.provider,
                                        .precision = precision_,
                                        .runtime = configuration_.runtime,
                                        .by = by,
                                        .points = std::move(points)});
  }

  Result<BenchmarkSeries::Point> Point(EmbeddingsService* service,
                                       const std::vector<std::string>& texts) {
    std::vector<double> rates;
    BenchmarkSeries::Point point;
    for (int repeat = 0; repeat < std::max(1, session_->options.repeat); ++repeat) {
      VETOR_ASSIGN_OR_RETURN(const Rate rate, MeasureRate(service, texts, session_->options.stop));
      rates.push_back(rate.per_second);
      point.x = rate.mean_tokens;
    }
    point.y = SpreadOf(rates);
    return point;
  }

  Status ByLength() {
    std::vector<BenchmarkSeries::Point> points;
    VETOR_ASSIGN_OR_RETURN(const auto service, Open(config_));
    for (const size_t words : kWords) {
      VETOR_RETURN_IF_ERROR(session_->Begin(configuration_.Name() + ", texts of " +
                                            std::to_string(words) + " words"));
      VETOR_ASSIGN_OR_RETURN(BenchmarkSeries::Point point,
                             Point(service.get(), TextsOfWords(words, kWordsALength / words)));
      if (point.x == 0) point.x = static_cast<double>(words);
      points.push_back(point);
    }
    Add("length", std::move(points));
    return Status();
  }

  Status Over(const std::string& by, const std::vector<int>& values,
              const std::vector<std::string>& texts, void (*set)(EmbeddingsConfig*, int)) {
    std::vector<BenchmarkSeries::Point> points;
    for (const int value : values) {
      VETOR_RETURN_IF_ERROR(
          session_->Begin(configuration_.Name() + ", " + by + " " + std::to_string(value)));
      EmbeddingsConfig config = config_;
      set(&config, value);
      VETOR_ASSIGN_OR_RETURN(const auto service, Open(config));
      VETOR_ASSIGN_OR_RETURN(BenchmarkSeries::Point point, Point(service.get(), texts));
      point.x = value;
      points.push_back(point);
    }
    Add(by, std::move(points));
    return Status();
  }

  BenchmarkSession* session_;
  const BenchmarkConfiguration& configuration_;
  EmbeddingsConfig config_;
  std::string precision_;
};

}  // namespace

size_t CountSweepSteps(const BenchmarkSession& session) {
  if (!session.options.sweeps) return 0;
  return session.configurations.size() * (std::size(kWords) + std::size(kBatchSizes) +
                                          ThreadCounts(Workers(session.options.config)).size());
}

Status MeasureSweeps(BenchmarkSession* session) {
  if (!session->options.sweeps) return Status();
  for (const BenchmarkConfiguration* configuration : Running(*session)) {
    VETOR_RETURN_IF_ERROR(Sweep(session, *configuration).Run());
  }
  return Status();
}

}  // namespace vetor
