// Times EmbeddingsService over a file of texts, model loaded and warmed: the counterpart of
// forty_lines.py. usage: embed_throughput MODEL TEXTS.txt [--single] [--max-length=N]
// [--intra-op-threads=N] [--precision=P] [--runtime=R] [--vectors=FILE]; prints one JSON line.
// --vectors writes the embeddings as plain float32, row by row.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/embeddings_service.h"

namespace {

using Clock = std::chrono::steady_clock;

std::vector<std::string> ReadLines(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  std::string line;
  while (std::getline(file, line)) lines.push_back(line);
  return lines;
}

double MsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

void ReadNumber(std::string_view argument, std::string_view name, int* number) {
  if (argument.starts_with(name)) *number = std::stoi(std::string(argument.substr(name.size())));
}

void ReadText(std::string_view argument, std::string_view name, std::string* text) {
  if (argument.starts_with(name)) *text = argument.substr(name.size());
}

int Fail(const vetor::Status& status) {
  std::fprintf(stderr, "embed_throughput: %s\n", status.ToString().c_str());
  return 1;
}

struct Options {
  vetor::EmbeddingsConfig config;
  bool single = false;
  std::string vectors;
};

Options ReadOptions(int argc, char** argv) {
  Options options{.config = vetor::EmbeddingsConfig::ForModel(argv[1])};
  std::string precision = "auto";
  std::string runtime = "auto";
  options.config.cache.enabled = false;
  for (int i = 3; i < argc; ++i) {
    options.single = options.single || std::string_view(argv[i]) == "--single";
    ReadNumber(argv[i], "--max-length=", &options.config.model.max_length);
    ReadNumber(argv[i], "--intra-op-threads=", &options.config.onnx.intra_op_threads);
    ReadText(argv[i], "--precision=", &precision);
    ReadText(argv[i], "--runtime=", &runtime);
    ReadText(argv[i], "--vectors=", &options.vectors);
  }
  options.config.model.precision = *vetor::Parse<vetor::Precision>(precision, "--precision");
  options.config.model.runtime = *vetor::Parse<vetor::Runtime>(runtime, "--runtime");
  return options;
}

vetor::Status WriteVectors(vetor::EmbeddingsService& service, const std::vector<std::string>& texts,
                           const std::string& path) {
  const auto embeddings = service.Embed(texts);
  if (!embeddings.ok()) return embeddings.status();
  const std::vector<float>& values = embeddings->values;
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * sizeof(float)));
  return file.flush() ? vetor::Status() : vetor::UnavailableError("cannot write " + path);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3)
    return Fail(vetor::InvalidArgumentError(
        "usage: MODEL TEXTS.txt [--single] [--max-length=N] [--intra-op-threads=N] [--precision=P] "
        "[--runtime=R] [--vectors=FILE]"));
  const Options options = ReadOptions(argc, argv);
  const Clock::time_point open_start = Clock::now();
  auto opened = vetor::EmbeddingsService::Open(options.config);
  if (!opened.ok()) return Fail(opened.status());
  vetor::EmbeddingsService& service = **opened;
  const double load_seconds = MsSince(open_start) / 1e3;
  const std::vector<std::string> texts = ReadLines(argv[2]);
  const std::vector<std::string> warm_up(texts.begin(),
                                         texts.begin() + std::min<long>(64, std::ssize(texts)));
  if (const auto warmed = service.Embed(warm_up); !warmed.ok()) return Fail(warmed.status());
  // As peers are, which have answered thousands of texts before the single ones.
  for (size_t i = 0; options.single && i < warm_up.size(); ++i) {
    if (const auto warmed = service.Embed({warm_up[i]}); !warmed.ok()) return Fail(warmed.status());
  }

  const vetor::Metrics before = service.metrics();
  std::vector<double> latencies;
  const Clock::time_point start = Clock::now();
  if (options.single) {
    for (const std::string& text : texts) {
      const Clock::time_point begin = Clock::now();
      const auto embeddings = service.Embed({text});
      if (!embeddings.ok()) return Fail(embeddings.status());
      latencies.push_back(MsSince(begin));
    }
  } else if (const auto embeddings = service.Embed(texts); !embeddings.ok()) {
    return Fail(embeddings.status());
  }
  const double seconds = MsSince(start) / 1e3;
  const vetor::Metrics after = service.metrics();
  const uint64_t tokens = after.tokens - before.tokens;
  std::printf(
      "{\"peer\": \"vetor\", \"texts\": %zu, \"tokens\": %llu, \"seconds\": %.4f, "
      "\"tokens_per_second\": %.1f, \"model_share\": %.4f, \"resident_mb\": %.1f, "
      "\"peak_rss_mb\": %.1f, \"load_seconds\": %.3f",
      texts.size(), static_cast<unsigned long long>(tokens), seconds,
      static_cast<double>(tokens) / seconds,
      (after.stages.model_ms - before.stages.model_ms) / 1e3 / seconds,
      static_cast<double>(after.resident_bytes) / (1 << 20),
      static_cast<double>(after.peak_resident_bytes) / (1 << 20), load_seconds);
  if (options.single) {
    std::sort(latencies.begin(), latencies.end());
    std::printf(", \"p50_ms\": %.3f, \"p99_ms\": %.3f", latencies[latencies.size() / 2],
                latencies[latencies.size() * 99 / 100]);
  }
  std::printf(", \"precision\": \"%s\", \"runtime\": \"%s\"}\n", service.active_precision().c_str(),
              service.active_runtime().c_str());
  if (options.vectors.empty()) return 0;
  const vetor::Status written = WriteVectors(service, texts, options.vectors);
  return written.ok() ? 0 : Fail(written);
}
