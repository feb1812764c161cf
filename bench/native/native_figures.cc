// Tokens a second of the native pass in fp32 and bf16, and its share of what the multiplications
// alone would take at the peak of this run; alternating, with a graph also with ONNX Runtime on the
// same texts.
//   native_figures CHECKPOINT [GRAPH [ROUNDS]]
// Random ids, no tokenizer and no pooling. Batches are the service's own, by its queue.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "arithmetic_limit.h"
#include "backend/native/native_backend.h"
#include "backend/onnx/onnx_backend.h"
#include "batching/fair_queue.h"
#include "encoder/encoder.h"
#include "machine_peak.h"
#include "os/cpu.h"
#include "os/machine.h"

namespace vetor {
namespace {

using Clock = std::chrono::steady_clock;
using Texts = std::vector<std::vector<int64_t>>;

double WallSeconds() {
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

template <typename T>
T Must(Result<T> result) {
  if (result.ok()) return *std::move(result);
  std::fprintf(stderr, "native_figures: %s\n", result.status().ToString().c_str());
  std::exit(1);
}

struct Load {
  const char* name;
  Texts texts;
};

std::vector<int64_t> DrawText(std::mt19937& random, int64_t words, unsigned least, unsigned most) {
  std::vector<int64_t> ids(least + random() % (most - least + 1));
  for (int64_t& id : ids) id = static_cast<int64_t>(random() % static_cast<uint64_t>(words));
  return ids;
}

Texts DrawTexts(const std::string& load, int64_t words, int count) {
  std::mt19937 random(7);
  Texts texts;
  for (int i = 0; i < count; ++i) {
    // Mixed: six short texts, three of a sentence or two, one long.
    const bool longest = load == "long" || (load == "mixed" && i % 10 == 9);
    const bool sentence = load == "mixed" && i % 3 == 1;
    texts.push_back(longest           ? DrawText(random, words, 200, 256)
                    : sentence        ? DrawText(random, words, 20, 100)
                    : load == "mixed" ? DrawText(random, words, 4, 16)
                                      : DrawText(random, words, 6, 16));
  }
  return texts;
}

std::vector<uint32_t> LengthsOf(const Texts& texts) {
  std::vector<uint32_t> lengths;
  for (const auto& ids : texts) lengths.push_back(static_cast<uint32_t>(ids.size()));
  return lengths;
}

// As many texts as take about a second at the peak, so that a large model's turns are not minutes.
std::vector<Load> MakeLoads(const Encoder& encoder, double peak) {
  constexpr int kDrawn = 200;
  constexpr int kMostTexts = 8000;
  const auto words = static_cast<int64_t>(encoder.word.shape[0]);
  std::vector<Load> loads;
  for (const char* name : {"short", "mixed", "long"}) {
    const double seconds =
        LimitSeconds(encoder, LengthsOf(DrawTexts(name, words, kDrawn)), {peak, peak}) / kDrawn;
    const int count = std::clamp(static_cast<int>(1 / seconds), 30, kMostTexts);
    loads.push_back({name, DrawTexts(name, words, count)});
  }
  return loads;
}

// As the service makes them of one call.
std::vector<TokenBatch> MakeBatches(const Texts& texts, const BackendTraits& traits,
                                    size_t workers) {
  FairQueue queue;
  queue.Add(0, LengthsOf(texts));
  BatchLimits limits{.max_rows = 32,
                     .max_tokens = traits.max_tokens,
                     .equal_lengths = traits.equal_lengths,
                     .workers = workers};
  std::vector<TokenBatch> batches;
  while (!queue.empty()) {
    TokenBatch& batch = batches.emplace_back();
    batch.row_begin = {0};
    for (const FairQueue::Row& row : queue.TakeBatch(limits)) {
      const auto& ids = texts[row.index];
      batch.token_ids.insert(batch.token_ids.end(), ids.begin(), ids.end());
      batch.row_begin.push_back(static_cast<uint32_t>(batch.token_ids.size()));
    }
  }
  return batches;
}

// What a run took: of the clock, and of the processor, which neighbours do not lengthen as much.
struct Cost {
  double seconds;
  double processor;
};

Cost CostOf(Backend& backend, const std::vector<TokenBatch>& batches, size_t workers) {
  std::atomic<size_t> next = 0;
  const double start = WallSeconds();
  const double processor = ReadProcessorTimes().own;
  {
    std::vector<std::jthread> threads;
    for (size_t w = 0; w < workers; ++w) {
      threads.emplace_back([&] {
        for (size_t i; (i = next++) < batches.size();) Must(backend.Run(batches[i]));
      });
    }
  }
  return {WallSeconds() - start, ReadProcessorTimes().own - processor};
}

struct Candidate {
  std::string name;
  std::unique_ptr<Backend> backend;
  // Of linear layers, to the peak in fp32. On processors with AVX-512 BF16 the instruction for
  // bfloat16 was measured at twice the rate (232 to 117.5 GFLOP/s on Zen 4).
  double times_peak = 1;
  std::vector<TokenBatch> batches = {};
  std::vector<double> seconds = {};
  std::vector<double> processor = {};  // Of all threads.
};

// Seconds that the multiplications take at the peak: of the clock on all cores, of one processor.
struct Limit {
  double seconds;
  double processor;
};

void Report(const char* load, Candidate& candidate, double tokens, const Limit& limit) {
  std::sort(candidate.seconds.begin(), candidate.seconds.end());
  std::sort(candidate.processor.begin(), candidate.processor.end());
  const size_t middle = candidate.seconds.size() / 2;
  std::printf(
      "%-7s %-24s %7.0f tokens/s (best %7.0f), %5.1f %% (%5.1f) of the limit; per processor second "
      "%5.1f %% (%5.1f)\n",
      load, candidate.name.c_str(), tokens / candidate.seconds[middle],
      tokens / candidate.seconds[0], 100 * limit.seconds / candidate.seconds[middle],
      100 * limit.seconds / candidate.seconds[0],
      100 * limit.processor / candidate.processor[middle],
      100 * limit.processor / candidate.processor[0]);
  std::fflush(stdout);
}

void MeasureLoads(std::vector<Candidate>& candidates, const Encoder& encoder,
                  const std::string& kernels, int rounds) {
  const auto workers = static_cast<size_t>(ReadCpuBudget().workers);
  for (const Load& load : MakeLoads(encoder, PeakFlops(kernels.c_str(), workers))) {
    double tokens = 0;
    for (const auto& ids : load.texts) tokens += static_cast<double>(ids.size());
    for (Candidate& c : candidates) {
      c.batches = MakeBatches(load.texts, c.backend->traits(), workers);
      c.seconds.clear();
      c.processor.clear();
      CostOf(*c.backend, c.batches, workers);  // Warms caches and the runtime's arena.
    }
    const double one = PeakFlops(kernels.c_str(), 1);
    const double peak = PeakFlops(kernels.c_str(), workers);
    for (int round = 0; round < rounds; ++round) {
      for (Candidate& c : candidates) {
        const Cost cost = CostOf(*c.backend, c.batches, workers);
        c.seconds.push_back(cost.seconds);
        c.processor.push_back(cost.processor);
      }
    }
    const std::vector<uint32_t> lengths = LengthsOf(load.texts);
    for (Candidate& c : candidates) {
      Report(load.name, c, tokens,
             {LimitSeconds(encoder, lengths, {c.times_peak * peak, peak}),
              LimitSeconds(encoder, lengths, {c.times_peak * one, one})});
    }
  }
}

constexpr int kSingles = 100;  // Per turn.

void MeasureSingle(std::vector<Candidate>& candidates, const Encoder& encoder, int rounds) {
  std::mt19937 random(5);
  for (const unsigned length : {12U, 19U}) {
    TokenBatch batch;
    batch.token_ids = DrawText(random, static_cast<int64_t>(encoder.word.shape[0]), length, length);
    batch.row_begin = {0, length};
    batch.alone = true;
    for (Candidate& c : candidates) c.seconds.clear();
    for (int round = 0; round < rounds; ++round) {
      for (Candidate& c : candidates) {
        for (int i = 0; i < kSingles; ++i) {
          const double start = WallSeconds();
          Must(c.backend->Run(batch));
          c.seconds.push_back(WallSeconds() - start);
        }
      }
    }
    for (Candidate& c : candidates) {
      std::sort(c.seconds.begin(), c.seconds.end());
      std::printf("single  %-24s %u tokens: p50 %.3f ms, best %.3f, p99 %.3f\n", c.name.c_str(),
                  length, 1e3 * c.seconds[c.seconds.size() / 2], 1e3 * c.seconds.front(),
                  1e3 * c.seconds[c.seconds.size() * 99 / 100]);
    }
  }
}

int Main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: native_figures CHECKPOINT [GRAPH.onnx [ROUNDS]]\n");
    return 2;
  }
  const int rounds = argc > 3 ? std::max(1, std::atoi(argv[3])) : 3;
  const CpuBudget budget = ReadCpuBudget();
  auto encoder =
      std::make_shared<const Encoder>(Must(ReadEncoder(Must(Checkpoint::Open(argv[1])))));
  std::vector<Candidate> candidates;
  for (const Operands operands : {Operands::kFloat32, Operands::kBFloat16}) {
    const double start = WallSeconds();
    Candidate& c = candidates.emplace_back();
    c.backend = Must(OpenNativeBackend({.encoder = encoder,
                                        .operands = operands,
                                        .threads = budget.workers,
                                        .alone_threads = std::min(budget.workers, 4)}));
    c.name = c.backend->traits().precision + " " + c.backend->traits().library;
    if (IsFasterThanFloat32(*Must(ChooseKernelSet(operands)))) c.times_peak = 2;
    std::printf("%s: weights packed in %.0f ms\n", c.name.c_str(), 1e3 * (WallSeconds() - start));
  }
  if (argc > 2 && argv[2][0] != '\0') {
    candidates.push_back({"", Must(OpenOnnxBackend({.graph = argv[2],
                                                    .providers = {"cpu"},
                                                    .alone_threads = std::min(budget.workers, 4),
                                                    .precision = "fp32"}))});
    candidates.back().name = candidates.back().backend->traits().library;
  }
  const std::string kernels = Must(ChooseKernelSet())->name;
  std::printf("fp32 peak (%s): %.1f GFLOP/s on one core, %.1f on %d\n", kernels.c_str(),
              PeakFlops(kernels.c_str(), 1) / 1e9,
              PeakFlops(kernels.c_str(), static_cast<size_t>(budget.workers)) / 1e9,
              budget.workers);
  MeasureLoads(candidates, *encoder, kernels, rounds);
  MeasureSingle(candidates, *encoder, rounds);
  return 0;
}

}  // namespace
}  // namespace vetor

int main(int argc, char** argv) { return vetor::Main(argc, argv); }
