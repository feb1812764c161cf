// The figures of docs/performance.md in one go: what an Embed costs beside the model's own run.
//
//   service_figures MODEL TEXTS.txt SHORT.txt [repeats; 0: single texts only]
//
// Everything is measured in turns, the best of `repeats` is printed with the median, and processor
// time beside wall time, because neighbours take the one and not the other.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "backend/onnx/onnx_backend.h"
#include "os/cpu.h"
#include "tokenizer/tokenizer.h"
#include "vetor/embeddings_service.h"

namespace vetor {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kSingles = 200;

std::vector<std::string> ReadLines(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  std::string line;
  while (std::getline(file, line)) lines.push_back(line);
  return lines;
}

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double ProcessorSeconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[static_cast<size_t>(q * double(values.size() - 1))];
}

template <typename T>
T Must(Result<T> result) {
  if (result.ok()) return *std::move(result);
  std::fprintf(stderr, "service_figures: %s\n", result.status().ToString().c_str());
  std::exit(1);
}

EmbeddingsConfig ConfigFor(const std::string& model) {
  EmbeddingsConfig config = EmbeddingsConfig::ForModel(model);
  config.cache.enabled = false;
  return config;
}

// One bulk run: rates, processor time and where the workers spent theirs.
struct Bulk {
  double tokens_per_second = 0;
  double microseconds_a_token = 0;  ///< Processor time.
  double cores_busy = 0;
  double outside_model = 0;  ///< Part of the workers' wall time.
  StageTimes stages;         ///< Of this run, milliseconds.
};

Bulk RunBulk(EmbeddingsService* service, const std::vector<std::string>& texts, size_t callers) {
  const Metrics before = service->metrics();
  const double processor = ProcessorSeconds();
  const Clock::time_point start = Clock::now();
  std::vector<std::thread> threads;
  for (size_t c = 0; c < callers; ++c) {
    threads.emplace_back([&, c] {
      const size_t begin = texts.size() * c / callers;
      const size_t end = texts.size() * (c + 1) / callers;
      Must(service->Embed(std::span(texts).subspan(begin, end - begin)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = SecondsSince(start);
  const double used = ProcessorSeconds() - processor;
  const Metrics after = service->metrics();
  const auto tokens = static_cast<double>(after.tokens - before.tokens);
  const StageTimes& a = after.stages;
  const StageTimes& b = before.stages;
  Bulk bulk{.tokens_per_second = tokens / seconds,
            .microseconds_a_token = used * 1e6 / tokens,
            .cores_busy = used / seconds,
            .stages = {.tokenize_ms = a.tokenize_ms - b.tokenize_ms,
                       .model_ms = a.model_ms - b.model_ms,
                       .pool_ms = a.pool_ms - b.pool_ms}};
  const double workers = ReadCpuBudget().workers;
  bulk.outside_model = 1 - bulk.stages.model_ms / (seconds * 1e3 * workers);
  return bulk;
}

void PrintBulk(const std::string& name, const std::vector<Bulk>& runs) {
  const auto column = [&](double Bulk::*member) {
    std::vector<double> values;
    for (const Bulk& run : runs) values.push_back(run.*member);
    return values;
  };
  const auto rates = column(&Bulk::tokens_per_second);
  const Bulk& best = *std::max_element(runs.begin(), runs.end(), [](const Bulk& a, const Bulk& b) {
    return a.tokens_per_second < b.tokens_per_second;
  });
  std::printf(
      "%-28s %8.0f tok/s best, %8.0f median; %6.2f us a token of processor time (least); %.2f "
      "cores; outside the model %4.1f %% of the workers' time; tokenize %.0f, model %.0f, pool "
      "%.0f ms\n",
      name.c_str(), best.tokens_per_second, Quantile(rates, 0.5),
      Quantile(column(&Bulk::microseconds_a_token), 0), Quantile(column(&Bulk::cores_busy), 1),
      100 * Quantile(column(&Bulk::outside_model), 0), best.stages.tokenize_ms,
      best.stages.model_ms, best.stages.pool_ms);
}

void Bulks(EmbeddingsService* service, const std::string& name,
           const std::vector<std::string>& texts, int repeats) {
  const std::vector<size_t> callers = {1, 2, 8, 64};
  std::vector<std::vector<Bulk>> runs(callers.size());
  for (int r = 0; r < repeats; ++r) {
    for (size_t c = 0; c < callers.size(); ++c) {
      runs[c].push_back(RunBulk(service, texts, callers[c]));
    }
  }
  for (size_t c = 0; c < callers.size(); ++c) {
    PrintBulk(name + ", " + std::to_string(callers[c]) + " callers", runs[c]);
  }
}

// One short text at a time through the service, and the same ids straight through the runtime, with
// the same threads. With intra_op_threads 0 these are all cores, after the first few texts.
void Singles(const std::string& model, EmbeddingsService* service, int intra_op_threads,
             const std::vector<std::string>& texts) {
  auto backend =
      Must(OpenOnnxBackend({.graph = model + "/model.onnx",
                            .providers = {"cpu"},
                            .intra_op_threads = std::max(1, intra_op_threads),
                            .alone_threads = intra_op_threads == 0 ? ReadCpuBudget().workers : 0}));
  const auto tokenizer = Must(Tokenizer::Load(model + "/tokenizer.json"));
  std::vector<double> ours;
  std::vector<double> bare;
  TokenSequence tokens;
  for (size_t i = 0; i < kSingles && i < texts.size(); ++i) {
    if (!tokenizer->Encode(texts[i], {.max_length = 256}, &tokens).ok()) std::exit(1);
    const TokenBatch batch{.token_ids = tokens.ids,
                           .row_begin = {0, static_cast<uint32_t>(tokens.ids.size())},
                           .alone = true};
    const Clock::time_point begin = Clock::now();
    Must(backend->Run(batch));
    bare.push_back(SecondsSince(begin) * 1e3);
    const Clock::time_point middle = Clock::now();
    Must(service->Embed({texts[i]}));
    ours.push_back(SecondsSince(middle) * 1e3);
  }
  const auto print = [](const char* name, const std::vector<double>& ms) {
    std::printf("  %-32s p5 %.2f p50 %.2f p95 %.2f ms\n", name, Quantile(ms, 0.05),
                Quantile(ms, 0.5), Quantile(ms, 0.95));
  };
  std::printf("one text at a time, the service / the bare run: p5 %.3f, p50 %.3f\n",
              Quantile(ours, 0.05) / Quantile(bare, 0.05),
              Quantile(ours, 0.5) / Quantile(bare, 0.5));
  print("service", ours);
  print("bare run, same threads", bare);
}

int Run(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: service_figures MODEL TEXTS.txt SHORT.txt [repeats]\n");
    return 2;
  }
  const std::string model = argv[1];
  const std::vector<std::string> texts = ReadLines(argv[2]);
  const std::vector<std::string> short_texts = ReadLines(argv[3]);
  const int repeats = argc > 4 ? std::stoi(argv[4]) : 5;
  for (const int intra : {0, 1}) {
    EmbeddingsConfig config = ConfigFor(model);
    config.onnx.intra_op_threads = intra;
    const auto service = Must(EmbeddingsService::Open(config));
    Must(service->Embed(std::span(texts).first(std::min<size_t>(64, texts.size()))));
    std::printf("intra_op_threads %d\n", intra);
    if (repeats > 0) {
      Bulks(service.get(), "mixed", texts, repeats);
      Bulks(service.get(), "short", short_texts, repeats);
    }
    Singles(model, service.get(), intra, short_texts);
    std::printf("resident %.0f MiB\n", double(service->metrics().resident_bytes) / (1 << 20));
  }
  return 0;
}

}  // namespace
}  // namespace vetor

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // Long runs show what they have.
  return vetor::Run(argc, argv);
}
