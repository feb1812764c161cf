// Pooling one batch of 512 tokens, 384 wide, as it comes out of a MiniLM: by mode and by length of
// text. Beside it stand about 35 ms of the model's run.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <vector>

#include "head/pooler.h"

namespace vetor {
namespace {

constexpr size_t kTokens = 512;
constexpr size_t kWidth = 384;

void BM_Pool(benchmark::State& state, PoolingMode mode) {
  const auto length = static_cast<uint32_t>(state.range(0));
  PoolingSpec spec;
  spec.modes = {mode};
  const Result<Pooler> pooler = Pooler::Create(spec, kWidth);
  if (!pooler.ok()) std::abort();
  TokenBatch batch;
  batch.token_ids.assign(kTokens, 1);
  for (uint32_t begin = 0; begin <= kTokens; begin += length) batch.row_begin.push_back(begin);
  std::vector<float> hidden(kTokens * kWidth);
  for (size_t i = 0; i < hidden.size(); ++i) hidden[i] = static_cast<float>(i % 251) - 125;
  const BackendOutput output{hidden, kWidth};
  std::vector<float> vectors(batch.rows() * kWidth);
  for (auto _ : state) {
    benchmark::DoNotOptimize(pooler->Finish(batch, output, vectors).ok());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kTokens));
}
BENCHMARK_CAPTURE(BM_Pool, mean, PoolingMode::kMean)->Arg(8)->Arg(64)->Arg(256);
BENCHMARK_CAPTURE(BM_Pool, cls, PoolingMode::kCls)->Arg(8)->Arg(256);
BENCHMARK_CAPTURE(BM_Pool, max, PoolingMode::kMax)->Arg(64);
BENCHMARK_CAPTURE(BM_Pool, weighted_mean, PoolingMode::kWeightedMean)->Arg(64);

// What a graph with `sentence_embedding` leaves to do: cut and normalise.
void BM_Finish(benchmark::State& state) {
  const auto rows = static_cast<size_t>(state.range(0));
  PoolingSpec spec;
  spec.dim = 256;
  const Result<Pooler> pooler = Pooler::Create(spec, kWidth, OutputAxis::kTexts);
  if (!pooler.ok()) std::abort();
  const std::vector<float> texts(rows * kWidth, 0.5F);
  const BackendOutput output{texts, kWidth, OutputAxis::kTexts};
  TokenBatch batch;
  batch.row_begin.assign(rows + 1, 0);
  std::vector<float> vectors(rows * pooler->dim());
  for (auto _ : state) {
    benchmark::DoNotOptimize(pooler->Finish(batch, output, vectors).ok());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Finish)->Arg(32);

}  // namespace
}  // namespace vetor
