// Exact search and all pairs over random unit vectors of MiniLM's 384 dimensions, and the kernels
// alone. GFLOP/s counts two operations a component of every comparison that the question needs
// (pairs: one comparison an unordered pair).
//
//   build/bench/similarity/similarity_bench --benchmark_repetitions=3
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "kernels/product_tile.h"
#include "vetor/similarity.h"

namespace vetor {
namespace {

constexpr size_t kDim = 384;

std::vector<float> UnitRows(size_t rows, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(rows * kDim);
  for (size_t row = 0; row < rows; ++row) {
    float* begin = values.data() + row * kDim;
    double squares = 0;
    for (size_t k = 0; k < kDim; ++k) {
      begin[k] = normal(random);
      squares += double{begin[k]} * begin[k];
    }
    const auto scale = static_cast<float>(1 / std::sqrt(squares));
    for (size_t k = 0; k < kDim; ++k) begin[k] *= scale;
  }
  return values;
}

VectorRows Rows(const std::vector<float>& values) {
  VectorRows rows;
  rows.fields.push_back({values, kDim});
  rows.rows = values.size() / kDim;
  return rows;
}

void ReportFlops(benchmark::State& state, double comparisons) {
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * kDim * comparisons, benchmark::Counter::kIsIterationInvariantRate);
}

void BM_PairsAbove(benchmark::State& state) {
  const std::vector<float> values = UnitRows(static_cast<size_t>(state.range(0)), 1);
  const VectorRows rows = Rows(values);
  for (auto _ : state) {
    auto pairs = PairsAbove(rows, 0.2f, static_cast<int>(state.range(1)), 10'000'000);
    benchmark::DoNotOptimize(pairs);
  }
  const auto count = static_cast<double>(rows.rows);
  ReportFlops(state, count * (count - 1) / 2);
}
BENCHMARK(BM_PairsAbove)
    ->ArgNames({"rows", "threads"})
    ->ArgsProduct({{20'000}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

// Blocks of 20 rows: the work must shrink to that of the blocks.
void BM_PairsAboveInBlocks(benchmark::State& state) {
  const std::vector<float> values = UnitRows(static_cast<size_t>(state.range(0)), 1);
  std::vector<uint32_t> block(values.size() / kDim);
  std::mt19937 random(2);
  std::uniform_int_distribution<uint32_t> any(0, static_cast<uint32_t>(block.size() / 20) - 1);
  for (uint32_t& value : block) value = any(random);
  VectorRows rows = Rows(values);
  rows.block = block;
  for (auto _ : state) {
    auto pairs = PairsAbove(rows, 0.2f, static_cast<int>(state.range(1)), 10'000'000);
    benchmark::DoNotOptimize(pairs);
  }
}
BENCHMARK(BM_PairsAboveInBlocks)
    ->ArgNames({"rows", "threads"})
    ->ArgsProduct({{20'000, 100'000}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void BM_SearchTop(benchmark::State& state) {
  const std::vector<float> corpus = UnitRows(20'000, 1);
  const std::vector<float> queries = UnitRows(static_cast<size_t>(state.range(0)), 2);
  for (auto _ : state) {
    auto hits = SearchTop(Rows(corpus), Rows(queries), 10, static_cast<int>(state.range(1)));
    benchmark::DoNotOptimize(hits);
  }
  ReportFlops(state, 20'000.0 * static_cast<double>(state.range(0)));
}
BENCHMARK(BM_SearchTop)
    ->ArgNames({"queries", "threads"})
    ->ArgsProduct({{1, 1'000, 20'000}, {1, 2}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void BM_ProductTile(benchmark::State& state) {
  const auto which = static_cast<size_t>(state.range(0));
  if (which >= SupportedProductKernels().size()) {
    state.SkipWithError("this processor has fewer kernels");
    return;
  }
  const ProductKernel& kernel = SupportedProductKernels()[which];
  const std::vector<float> queries(kTileLeft * kDim, 0.5f);
  const std::vector<float> rows(kTileRight<float> * kDim, 0.25f);
  std::vector<float> scores(kTileLeft * kTileRight<float>);
  for (auto _ : state) {
    kernel.floats(queries.data(), rows.data(), kDim, 1.0f, scores.data());
    benchmark::DoNotOptimize(scores.data());
    benchmark::ClobberMemory();
  }
  state.SetLabel(kernel.name);
  ReportFlops(state, double{kTileLeft * kTileRight<float>});
}
BENCHMARK(BM_ProductTile)->ArgName("kernel")->DenseRange(0, 2);

}  // namespace
}  // namespace vetor
