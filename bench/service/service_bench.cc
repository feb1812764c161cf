// What a call costs when the cache has the answer: the motorsport calendar's hot loop embeds
// [name1, name2, place1, place2] once per pair of events.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <string_view>
#include <vector>

#include "vetor/embeddings_service.h"

namespace vetor {
namespace {

const std::vector<std::string_view> kFourTexts = {
    "F1 Grande Prêmio do Brasil", "Formula 1 Brazilian Grand Prix",
    "Autódromo José Carlos Pace, São Paulo", "Interlagos"};

EmbeddingsService& Service(bool cached) {
  static const auto open = [](bool with_cache) {
    EmbeddingsConfig config;
    config.dim = 384;
    config.cache.enabled = with_cache;
    config.cache.dir = "";  // Memory only.
    auto service = EmbeddingsService::Open(config);
    if (!service.ok()) std::abort();
    return *std::move(service);
  };
  static const std::unique_ptr<EmbeddingsService> with = open(true);
  static const std::unique_ptr<EmbeddingsService> without = open(false);
  return cached ? *with : *without;
}

void BM_FourCachedTexts(benchmark::State& state) {
  EmbeddingsService& service = Service(true);
  for (auto _ : state) {
    benchmark::DoNotOptimize(service.Embed(kFourTexts));
  }
}
BENCHMARK(BM_FourCachedTexts)->Threads(1)->Threads(2)->UseRealTime();

// Beside it: the same four through the hashing backend, workers included.
void BM_FourHashedTexts(benchmark::State& state) {
  EmbeddingsService& service = Service(false);
  for (auto _ : state) {
    benchmark::DoNotOptimize(service.Embed(kFourTexts));
  }
}
BENCHMARK(BM_FourHashedTexts)->UseRealTime();

}  // namespace
}  // namespace vetor
