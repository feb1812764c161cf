// Bytes a second from text to ids, one thread, whole pipeline; and the time to load.
//
//   tokenizer_bench TOKENIZER.json TEXT [google-benchmark flags]
//
// TEXT: one text a line. bench/tokenizer/reference_bench.py measures the reference on the same
// files; run both one after the other, and take the best of several runs on a busy machine.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "os/file.h"
#include "tokenizer/tokenizer.h"

namespace vetor {
namespace {

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

void EncodeAll(benchmark::State& state, const Tokenizer& tokenizer,
               const std::vector<std::string_view>& texts) {
  TokenSequence tokens;
  size_t bytes = 0;
  for (const std::string_view text : texts) bytes += text.size();
  for ([[maybe_unused]] auto round : state) {
    for (const std::string_view text : texts) {
      if (!tokenizer.Encode(text, {}, &tokens).ok()) state.SkipWithError("Encode failed");
      benchmark::DoNotOptimize(tokens.ids.data());
    }
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes));
}

// Texts that make careless tokenizers quadratic.
struct WorstCase {
  const char* name;
  const char* unit;
};
constexpr WorstCase kWorstCases[] = {{"one_word", "abcdefgh"},
                                     {"spaces", " "},
                                     {"ideograph", "\xE4\xB8\xAD"},
                                     {"marks", "\xCC\x81"},
                                     {"emoji", "\xF0\x9F\x98\x80"}};

std::string Repeated(const char* unit, size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += unit;
  return text;
}

int Main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: tokenizer_bench TOKENIZER.json TEXT [flags]\n");
    return 2;
  }
  const std::string path = argv[1];
  auto tokenizer = Tokenizer::Load(path);
  auto text = ReadFile(argv[2]);
  if (!tokenizer.ok() || !text.ok()) {
    const Status& status = tokenizer.ok() ? text.status() : tokenizer.status();
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 1;
  }
  const std::vector<std::string_view> lines = Lines(*text);
  benchmark::RegisterBenchmark("lines", [&](benchmark::State& state) {
    EncodeAll(state, **tokenizer, lines);
  })->Unit(benchmark::kMillisecond);
  for (const WorstCase& worst : kWorstCases) {
    const std::string repeated = Repeated(worst.unit, 1 << 20);
    benchmark::RegisterBenchmark(worst.name, [&tokenizer, repeated](benchmark::State& state) {
      EncodeAll(state, **tokenizer, {repeated});
    })->Unit(benchmark::kMillisecond);
  }
  benchmark::RegisterBenchmark("load", [&](benchmark::State& state) {
    for ([[maybe_unused]] auto round : state) benchmark::DoNotOptimize(Tokenizer::Load(path));
  })->Unit(benchmark::kMillisecond);
  TokenizerOptions compiled;
  compiled.compiled_folder = std::filesystem::temp_directory_path() / "vetor_tokenizer_bench";
  benchmark::RegisterBenchmark("load_compiled", [&](benchmark::State& state) {
    benchmark::DoNotOptimize(Tokenizer::Load(path, compiled));  // writes it
    for ([[maybe_unused]] auto round : state) {
      benchmark::DoNotOptimize(Tokenizer::Load(path, compiled));
    }
  })->Unit(benchmark::kMillisecond);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  std::filesystem::remove_all(compiled.compiled_folder);
  return 0;
}

}  // namespace
}  // namespace vetor

int main(int argc, char** argv) { return vetor::Main(argc, argv); }
