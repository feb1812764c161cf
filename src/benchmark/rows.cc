#include "benchmark/rows.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/status_macros.h"
#include "benchmark/measurement.h"
#include "benchmark/statistics.h"
#include "os/machine.h"

namespace vetor {
namespace {

constexpr size_t kMaxLatencyPoints = 64;

using RowKey = std::pair<size_t, CacheState>;  // Work load, state.

bool Wanted(const BenchmarkOptions& options, CacheState state) {
  if (!options.config.cache.enabled) return state == CacheState::kCold;
  const auto& states = options.cache_states;
  return states.empty() || std::find(states.begin(), states.end(), state) != states.end();
}

class ConfigurationRun {
 public:
  ConfigurationRun(BenchmarkSession* session, const BenchmarkConfiguration& configuration)
      : session_(session), configuration_(configuration) {}

  Status Run() {
    for (int repeat = 0; repeat < std::max(1, session_->options.repeat); ++repeat) {
      const Status status = Repeat(repeat);
      if (!opened_ && !status.ok()) return AddErrorRow(status);
      VETOR_RETURN_IF_ERROR(status);
    }
    AddRows();
    AddLatencyCurve();
    return Status();
  }

 private:
  // Cold and then memory on one service; disk on a second one that finds what the first has left.
  Status Repeat(int repeat) {
    const bool memory = Wanted(session_->options, CacheState::kMemory);
    const bool disk = Wanted(session_->options, CacheState::kDisk);
    EmbeddingsConfig config = configuration_.config;
    config.cache.dir = (session_->scratch->path() / "cache").string();
    config.cache.name_space = configuration_.Name() + " " + std::to_string(repeat);
    {
      VETOR_ASSIGN_OR_RETURN(const auto service, Open(config));
      for (size_t w = 0; w < session_->workloads.size(); ++w) {
        // Measured even if it is not asked for: it fills the cache.
        VETOR_RETURN_IF_ERROR(One(service.get(), {w, CacheState::kCold}, repeat));
        if (memory) VETOR_RETURN_IF_ERROR(One(service.get(), {w, CacheState::kMemory}, repeat));
      }
    }
    if (!disk) return Status();
    config.cache.memory_mb = 0;  // Else the second look-up of a text would not reach the disk.
    VETOR_ASSIGN_OR_RETURN(const auto service, Open(config));
    for (size_t w = 0; w < session_->workloads.size(); ++w) {
      VETOR_RETURN_IF_ERROR(One(service.get(), {w, CacheState::kDisk}, repeat));
    }
    return Status();
  }

  Result<std::unique_ptr<EmbeddingsService>> Open(const EmbeddingsConfig& config) {
    ReleaseFreeMemory();
    resident_before_mb_ = ResidentMegabytes();
    VETOR_ASSIGN_OR_RETURN(auto service, EmbeddingsService::Open(config));
    opened_ = true;
    provider_ = service->active_provider();
    runtime_ = service->active_runtime();
    runtime_reason_ = service->runtime_reason();
    precision_ = service->active_precision();
    BenchmarkReport& report = *session_->report;
    if (configuration_.engine == "onnx" || report.model_id.empty()) {
      report.model_id = service->model_id();
      report.dim = service->dim();
      report.max_length = service->max_length();
    }
    if (report.runtime.find(runtime_) == std::string::npos) {
      report.runtime += (report.runtime.empty() ? "" : ", ") + runtime_;
    }
    VETOR_RETURN_IF_ERROR(
        WarmUp(service.get(), session_->workloads.front(), session_->options.stop));
    return service;
  }

  Status One(EmbeddingsService* service, RowKey key, int repeat) {
    const Workload& workload = session_->workloads[key.first];
    VETOR_RETURN_IF_ERROR(session_->Begin(
        configuration_.Name() + ", " + workload.name + ", " + std::string(ToString(key.second)) +
        ", " + std::to_string(repeat + 1) + " of " + std::to_string(session_->options.repeat)));
    return Measure({.service = service,
                    .workload = &workload,
                    .state = key.second,
                    .batch_size = static_cast<size_t>(configuration_.config.batch_size),
                    .resident_before_mb = resident_before_mb_,
                    .stop = session_->options.stop},
                   &samples_[key]);
  }

  BenchmarkRow EmptyRow() const {
    return {.engine = configuration_.engine,
            .provider = configuration_.provider,
            .precision = precision_.empty() ? configuration_.precision : precision_,
            .runtime = configuration_.runtime,
            .active_provider = provider_,
            .active_runtime = runtime_,
            .runtime_reason = runtime_reason_};
  }

  // A cancelled benchmark reports that, not a row.
  Status AddErrorRow(const Status& status) {
    if (status.code() == StatusCode::kCancelled) return status;
    BenchmarkRow row = EmptyRow();
    row.error = status.message();
    session_->report->rows.push_back(std::move(row));
    const size_t all = CountRowSteps(*session_);
    session_->step += all / session_->configurations.size();
    return Status();
  }

  void AddRows() {
    for (const auto& [key, samples] : samples_) {
      if (!Wanted(session_->options, key.second)) continue;
      BenchmarkRow row = EmptyRow();
      row.workload = session_->workloads[key.first].name;
      row.cache = ToString(key.second);
      samples.Summarize(&row);
      session_->report->rows.push_back(std::move(row));
    }
  }

  // Which part of single texts is answered within x milliseconds; of "single", else the first load.
  void AddLatencyCurve() {
    size_t chosen = 0;
    for (size_t w = 0; w < session_->workloads.size(); ++w) {
      if (session_->workloads[w].one_at_a_time) chosen = w;
    }
    const auto found = samples_.find({chosen, CacheState::kCold});
    if (found == samples_.end()) return;
    BenchmarkSeries series{.engine = configuration_.engine,
                           .provider = configuration_.provider,
                           .precision = EmptyRow().precision,
                           .runtime = configuration_.runtime,
                           .by = "latency"};
    const std::vector<double>& ms = found->second.text_ms;
    const size_t points = std::min(kMaxLatencyPoints, ms.size());
    for (size_t i = 0; i < points; ++i) {
      const double share =
          points > 1 ? static_cast<double>(i) / static_cast<double>(points - 1) : 1.0;
      series.points.push_back({Quantile(ms, share), {share, share, share}});
    }
    session_->report->series.push_back(std::move(series));
  }

  BenchmarkSession* session_;
  const BenchmarkConfiguration& configuration_;
  std::map<RowKey, RowSamples> samples_;
  bool opened_ = false;
  std::string provider_;
  std::string runtime_;
  std::string runtime_reason_;
  std::string precision_;
  double resident_before_mb_ = 0;
};

}  // namespace

size_t CountRowSteps(const BenchmarkSession& session) {
  size_t states = 1;  // Cold always runs.
  if (Wanted(session.options, CacheState::kMemory)) ++states;
  if (Wanted(session.options, CacheState::kDisk)) ++states;
  return session.configurations.size() * session.workloads.size() * states *
         static_cast<size_t>(std::max(1, session.options.repeat));
}

Status MeasureRows(BenchmarkSession* session) {
  for (const BenchmarkConfiguration& configuration : session->configurations) {
    VETOR_RETURN_IF_ERROR(ConfigurationRun(session, configuration).Run());
  }
  return Status();
}

}  // namespace vetor
