#include <chrono>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <system_error>
#include <thread>
#include <utility>

#include "base/argument_check.h"
#include "base/exceptions.h"
#include "base/status_macros.h"
#include "benchmark/quality.h"
#include "benchmark/rows.h"
#include "benchmark/session.h"
#include "benchmark/sweeps.h"
#include "os/cpu.h"
#include "os/machine.h"
#include "vetor/benchmark.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

using Clock = std::chrono::steady_clock;

// Cores that others may keep busy before a report says so: a quiet desktop is below.
constexpr double kBusyCores = 0.15;
constexpr std::chrono::milliseconds kLoadSample{300};

// GCC calls itself so in __VERSION__ only by number.
#if defined(__clang__)
constexpr const char* kCompiler = __VERSION__;
#else
constexpr const char* kCompiler = "g++ " __VERSION__;
#endif

std::string Now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

double OtherCoresBusy() {
  const ProcessorTimes before = ReadProcessorTimes();
  const Clock::time_point start = Clock::now();
  std::this_thread::sleep_for(kLoadSample);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  const ProcessorTimes after = ReadProcessorTimes();
  return std::max(0.0, (after.machine - before.machine - (after.own - before.own)) / seconds);
}

BenchmarkMachine DescribeMachine(const EmbeddingsConfig& config) {
  const CpuBudget budget = ReadCpuBudget();
  return {.processor = CpuModelName(),
          .logical_cores = budget.logical,
          .physical_cores = budget.physical,
          .workers = config.threads > 0 ? config.threads : budget.workers,
          .features = CpuFeatures(),
          .memory_mb = static_cast<double>(MemoryBytes()) / (1 << 20),
          .system = SystemName(),
          .cores_busy_before = OtherCoresBusy()};
}

std::string OneDecimal(double value) {
  const int64_t tenths = std::llround(value * 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

void WarnIfBusy(BenchmarkReport* report) {
  if (report->machine.cores_busy_before > kBusyCores) {
    report->warnings.push_back("the machine was busy before the start: others used " +
                               OneDecimal(report->machine.cores_busy_before) +
                               " cores; close them and run again");
  }
  size_t disturbed = 0;
  double most = 0;
  for (const BenchmarkRow& row : report->rows) {
    if (row.cores_busy_elsewhere <= kBusyCores) continue;
    ++disturbed;
    most = std::max(most, row.cores_busy_elsewhere);
  }
  if (disturbed > 0) {
    report->warnings.push_back("the machine was busy while " + std::to_string(disturbed) + " of " +
                               std::to_string(report->rows.size()) + " rows were measured (up to " +
                               OneDecimal(most) + " cores): their figures are too low");
  }
}

Status ChooseWorkloads(const BenchmarkOptions& options, BenchmarkSession* session) {
  std::vector<std::string> names = options.workloads;
  if (names.empty() && options.texts.empty()) names = BuiltInWorkloads();
  if (!options.texts.empty()) session->workloads.push_back({"input", options.texts});
  for (const std::string& name : names) {
    VETOR_ASSIGN_OR_RETURN(Workload workload, MakeWorkload(name, options.scale));
    session->workloads.push_back(std::move(workload));
  }
  return Status();
}

Status CheckOptions(const BenchmarkOptions& options) {
  VETOR_RETURN_IF_ERROR(CheckConfig(options.config));
  for (const BackendKind engine : options.engines) {
    VETOR_RETURN_IF_ERROR(CheckChoice(engine, "engine"));
  }
  for (const Precision precision : options.precisions) {
    VETOR_RETURN_IF_ERROR(CheckChoice(precision, "precision"));
  }
  for (const CacheState state : options.cache_states) {
    VETOR_RETURN_IF_ERROR(CheckChoice(state, "cache state"));
  }
  if (options.reference) VETOR_RETURN_IF_ERROR(CheckChoice(*options.reference, "reference"));
  VETOR_RETURN_IF_ERROR(CheckPath(options.scratch, "scratch"));
  constexpr int kMost = 1000;
  if (options.repeat < 1 || options.scale < 1 || options.repeat > kMost || options.scale > kMost) {
    return InvalidArgumentError("repeat is " + std::to_string(options.repeat) + " and scale is " +
                                std::to_string(options.scale) + "; expected 1 to 1000 each");
  }
  return Status();
}

Result<BenchmarkReport> MeasureAll(const BenchmarkOptions& options) {
  BenchmarkReport report;
  BenchmarkSession session{.options = options, .report = &report};
  VETOR_RETURN_IF_ERROR(CheckOptions(options));
  VETOR_RETURN_IF_ERROR(ChooseWorkloads(options, &session));
  VETOR_ASSIGN_OR_RETURN(session.configurations, PlanConfigurations(options));
  VETOR_ASSIGN_OR_RETURN(session.scratch, ScratchFolder::Make(options.scratch));
  session.steps = CountRowSteps(session) + CountSweepSteps(session) + CountQualitySteps(session);

  const Clock::time_point start = Clock::now();
  report.vetor_version = VETOR_VERSION;
  report.compiler = kCompiler;
  report.started_at = Now();
  report.machine = DescribeMachine(options.config);
  report.model_path = options.config.model.path;
  report.batch_size = options.config.batch_size;
  report.repeat = options.repeat;
  VETOR_RETURN_IF_ERROR(MeasureRows(&session));
  VETOR_RETURN_IF_ERROR(MeasureSweeps(&session));
  VETOR_RETURN_IF_ERROR(MeasureQuality(&session));
  report.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  WarnIfBusy(&report);
  return report;
}

}  // namespace

Result<BenchmarkReport> RunBenchmark(const BenchmarkOptions& options) {
  return CatchExceptions([&options] { return MeasureAll(options); });
}

}  // namespace vetor
