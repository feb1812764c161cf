// What the cache costs: keys, hits in memory and on disk, inserts, at VETOR_BENCH_ENTRIES entries
// of 384 floats (default 1,000,000: 2.1 GB under VETOR_BENCH_DIR, default the temporary folder,
// kept for the next run).
//
//   build/bench/cache/cache_benchmark --benchmark_filter='Hit'
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "cache/cache_environment.h"
#include "cache/vector_cache.h"
#include "service/in_flight.h"

namespace vetor {
namespace {

constexpr size_t kDim = 384;
constexpr int64_t kBatch = 256;

int64_t Entries() {
  const char* text = std::getenv("VETOR_BENCH_ENTRIES");
  return text == nullptr ? 1'000'000 : std::atoll(text);
}

std::filesystem::path Folder() {
  const char* text = std::getenv("VETOR_BENCH_DIR");
  const std::filesystem::path root =
      text == nullptr ? std::filesystem::temp_directory_path() : std::filesystem::path(text);
  return root / ("vetor_cache_benchmark_2_" + std::to_string(Entries()));
}

CacheKey KeyOf(int64_t number) {
  static const CacheKeyer keyer("cache benchmark");
  return keyer.Key(std::to_string(number));
}

VectorCacheOptions Options(int64_t memory_bytes) {
  VectorCacheOptions options;
  options.dir = Folder();
  options.ttl_days = 1000;
  options.max_bytes = 8LL << 30;
  options.memory_bytes = memory_bytes;
  return options;
}

// Of the vector's bytes, which stay where they are.
Record RecordOf(const std::vector<float>& vector) {
  return {.info = {.tokens = 12},
          .payload = {.bytes = {reinterpret_cast<const uint8_t*>(vector.data()),
                                vector.size() * sizeof(float)},
                      .owner = nullptr}};
}

void Fill(VectorCache* cache, int64_t first, int64_t last) {
  std::vector<CacheKey> keys(kBatch);
  std::vector<std::vector<float>> vectors(kBatch, std::vector<float>(kDim));
  std::vector<Record> records;
  for (const std::vector<float>& vector : vectors) records.push_back(RecordOf(vector));
  for (int64_t i = first; i < last; i += kBatch) {
    for (int64_t j = 0; j < kBatch; ++j) {
      keys[j] = KeyOf(i + j);
      vectors[j].assign(kDim, static_cast<float>(i + j));
    }
    cache->Insert(keys, records);
    // The queue holds 9,000: wait now and then, so that nothing is dropped.
    if (i / kBatch % 16 == 15) cache->Flush();
  }
  cache->Flush();
}

int64_t FolderBytes(const std::filesystem::path& folder) {
  int64_t total = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    total += static_cast<int64_t>(file.file_size());
  }
  return total;
}

void FillOnce() {
  if (!std::filesystem::exists(Folder())) Fill(VectorCache::Open(Options(0)).get(), 0, Entries());
}

// Percentiles of single look-ups, which the mean of a loop would hide.
void Report(benchmark::State& state, std::vector<double>* microseconds) {
  if (microseconds->empty()) return;
  std::sort(microseconds->begin(), microseconds->end());
  const auto at = [&](double part) {
    return (
        *microseconds)[static_cast<size_t>(part * static_cast<double>(microseconds->size() - 1))];
  };
  const auto average = benchmark::Counter::kAvgThreads;
  state.counters["p50_us"] = benchmark::Counter(at(0.5), average);
  state.counters["p99_us"] = benchmark::Counter(at(0.99), average);
}

void LookUp(benchmark::State& state, VectorCache* cache, int64_t entries) {
  const auto texts = static_cast<size_t>(state.range(0));
  std::mt19937_64 random(static_cast<uint64_t>(state.thread_index()) + 1);
  std::vector<CacheKey> keys(texts);
  RecordList out;
  std::vector<double> microseconds;
  for (auto _ : state) {
    state.PauseTiming();
    for (CacheKey& key : keys) key = KeyOf(static_cast<int64_t>(random() % entries));
    state.ResumeTiming();
    const auto begin = std::chrono::steady_clock::now();
    cache->Find(keys, &out);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    microseconds.push_back(took.count() / static_cast<double>(texts));
    if (!out.Has(0)) {
      state.SkipWithError("not found");
      break;
    }
  }
  Report(state, &microseconds);
}

void BM_Key(benchmark::State& state) {
  const CacheKeyer keyer("model-a 384 fp32");
  const std::string text(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(keyer.Key(text));
}
BENCHMARK(BM_Key)->Arg(20)->Arg(200)->Arg(2000);

void BM_ClaimAndPublish(benchmark::State& state) {
  InFlight in_flight;
  std::vector<TextJob> jobs(1);
  jobs[0].key = KeyOf(state.thread_index());
  jobs[0].record = CopyRecord(RecordOf(std::vector<float>(kDim)));
  for (auto _ : state) {
    InFlightClaims claims = in_flight.Claim(jobs);
    claims.Publish(&jobs[0]);
  }
}
BENCHMARK(BM_ClaimAndPublish);

// 20,000 entries in memory: more than the processor's own caches hold.
void BM_MemoryHit(benchmark::State& state) {
  constexpr int64_t kEntries = 20'000;
  static const std::unique_ptr<VectorCache> cache = [] {
    VectorCacheOptions options = Options(64 << 20);
    options.dir.clear();
    std::unique_ptr<VectorCache> opened = VectorCache::Open(options);
    Fill(opened.get(), 0, kEntries);
    return opened;
  }();
  LookUp(state, cache.get(), kEntries);
}
BENCHMARK(BM_MemoryHit)->Arg(1)->Arg(4)->Arg(256)->Threads(1)->Threads(2)->UseRealTime();

// Opened and closed around each run: the benchmarks after it want to write.
std::unique_ptr<VectorCache> disk_cache;

void OpenDiskCache(const benchmark::State&) {
  FillOnce();
  disk_cache = VectorCache::Open(Options(0));
}

void CloseDiskCache(const benchmark::State&) { disk_cache.reset(); }

void BM_DiskHit(benchmark::State& state) { LookUp(state, disk_cache.get(), Entries()); }
BENCHMARK(BM_DiskHit)
    ->Arg(1)
    ->Arg(4)
    ->Arg(256)
    ->Threads(1)
    ->Threads(2)
    ->Setup(OpenDiskCache)
    ->Teardown(CloseDiskCache)
    ->UseRealTime();

void BM_Open(benchmark::State& state) {
  FillOnce();
  for (auto _ : state) benchmark::DoNotOptimize(VectorCache::Open(Options(64 << 20)));
  state.counters["bytes_to_vectors"] = static_cast<double>(FolderBytes(Folder())) /
                                       static_cast<double>(Entries() * kDim * sizeof(float));
}
BENCHMARK(BM_Open)->Unit(benchmark::kMillisecond)->Iterations(20);

// Steady state at the bound: each batch evicts as many as it brings. The last one, because it uses
// the folder up.
void BM_InsertWhileEvicting(benchmark::State& state) {
  FillOnce();
  VectorCacheOptions options = Options(0);
  options.max_bytes = FolderBytes(Folder());
  std::unique_ptr<VectorCache> cache = VectorCache::Open(options);
  static int64_t next = 1LL << 40;
  constexpr int64_t kRows = 40 * kBatch;
  for (auto _ : state) {
    Fill(cache.get(), next, next + kRows);
    next += kRows;
  }
  const VectorCacheCounters counters = cache->counters();
  state.SetItemsProcessed(state.iterations() * kRows);
  state.counters["evicted"] = static_cast<double>(counters.Of("disk").evicted);
  state.counters["dropped"] = static_cast<double>(counters.Of("disk").dropped_writes);
  cache.reset();
  std::filesystem::remove_all(Folder());
}
BENCHMARK(BM_InsertWhileEvicting)->UseRealTime()->Unit(benchmark::kMillisecond)->Iterations(10);

}  // namespace
}  // namespace vetor
