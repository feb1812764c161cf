// What it costs to decide which texts run together, without running any: the policy alone, and with
// the scheduler's threads around it.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "batching/fair_queue.h"
#include "batching/scheduler.h"

namespace vetor {
namespace {

// Lengths of a mixed work load: 60 % of 4-20 tokens, 30 % of 20-100, 10 % of 100-255.
std::vector<uint32_t> MixedLengths(size_t count) {
  std::vector<uint32_t> lengths;
  for (size_t i = 0; i < count; ++i) {
    const auto step = static_cast<uint32_t>(i * 2654435761U % 997);
    const size_t place = i % 10;
    lengths.push_back(place < 6 ? 4 + step % 17 : place < 9 ? 20 + step % 81 : 100 + step % 156);
  }
  return lengths;
}

// Texts of one call, planned to the end.
void BM_PlanBatches(benchmark::State& state) {
  const std::vector<uint32_t> lengths = MixedLengths(static_cast<size_t>(state.range(0)));
  const BatchLimits limits{.workers = 2};
  for (auto _ : state) {
    FairQueue queue;
    queue.Add(1, lengths);
    while (!queue.empty()) benchmark::DoNotOptimize(queue.TakeBatch(limits));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_PlanBatches)->Arg(1)->Arg(256)->Arg(8192);

// The same texts from so many callers, a call each.
void BM_PlanBatchesOfManyCalls(benchmark::State& state) {
  const std::vector<uint32_t> lengths = MixedLengths(4096);
  const auto calls = static_cast<size_t>(state.range(0));
  const size_t each = lengths.size() / calls;
  const BatchLimits limits{.workers = 2};
  for (auto _ : state) {
    FairQueue queue;
    for (size_t c = 0; c < calls; ++c) queue.Add(c, std::span(lengths).subspan(c * each, each));
    while (!queue.empty()) benchmark::DoNotOptimize(queue.TakeBatch(limits));
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(lengths.size()));
}
BENCHMARK(BM_PlanBatchesOfManyCalls)->Arg(1)->Arg(8)->Arg(64);

class EmptyCall : public ScheduledCall {
 public:
  explicit EmptyCall(const std::vector<std::vector<int64_t>>& ids) {
    for (const std::vector<int64_t>& text : ids) texts.push_back({.token_ids = text});
  }
};

// From Run to its return with workers that compute nothing: hand-over, copies of ids, wake-ups.
void BM_Schedule(benchmark::State& state) {
  std::vector<std::vector<int64_t>> ids;
  for (const uint32_t length : MixedLengths(static_cast<size_t>(state.range(0)))) {
    ids.emplace_back(length, 7);
  }
  Scheduler scheduler({.limits = {.workers = 2}},
                      [](const TokenBatch& batch, std::span<const ScheduledRow>) {
                        benchmark::DoNotOptimize(batch.token_ids.data());
                      });
  for (auto _ : state) {
    const auto call = std::make_shared<EmptyCall>(ids);
    benchmark::DoNotOptimize(scheduler.Run(call, {}).ok());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Schedule)->Arg(1)->Arg(32)->Arg(4096)->UseRealTime();

}  // namespace
}  // namespace vetor
