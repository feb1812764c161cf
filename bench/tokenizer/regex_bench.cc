// Bytes a second that regular expressions cut, one thread: the seven that have a matcher written by
// hand, with it and with the engine; and others, with the engine.
//
//   regex_bench TEXT [google-benchmark flags]
//
// TEXT: one text a line.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "os/file.h"
#include "tokenizer/known_regex.h"
#include "tokenizer/regex/regex.h"

namespace vetor {
namespace {

constexpr std::string_view kO200k =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kDebertaV2 = R"(\s{2,}|[\n\r\t])";

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

size_t Count(const KnownRegex& regex, std::string_view text) {
  size_t count = 0;
  for (auto match = regex.Next(text, 0); match; match = regex.Next(text, match->end)) ++count;
  return count;
}

size_t Count(const regex::Regex& regex, std::string_view text) {
  size_t count = 0;
  regex::Scanner scanner(regex, text);
  while (scanner.Next()) ++count;
  return count;
}

template <typename AnyRegex>
void Register(const std::string& name, const AnyRegex& any,
              const std::vector<std::string_view>& texts) {
  benchmark::RegisterBenchmark(name.c_str(), [any, &texts](benchmark::State& state) {
    size_t bytes = 0;
    for (const std::string_view text : texts) bytes += text.size();
    for ([[maybe_unused]] auto round : state) {
      for (const std::string_view text : texts) benchmark::DoNotOptimize(Count(any, text));
    }
    state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes));
  })->Unit(benchmark::kMillisecond);
}

int Main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: regex_bench TEXT [flags]\n");
    return 2;
  }
  const auto text = ReadFile(argv[1]);
  if (!text.ok()) {
    std::fprintf(stderr, "%s\n", text.status().ToString().c_str());
    return 1;
  }
  const std::vector<std::string_view> texts = Lines(*text);
  std::vector<std::string_view> patterns = KnownRegex::Patterns();
  patterns.insert(patterns.end(), {kO200k, kDebertaV2});
  for (const std::string_view pattern : patterns) {
    const std::string name(pattern.substr(0, 24));
    if (const auto known = KnownRegex::Find(pattern)) Register(name + "/by_hand", *known, texts);
    if (const auto regex = regex::Regex::Compile(pattern); regex.ok()) {
      Register(name + "/engine", *regex, texts);
    }
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace vetor

int main(int argc, char** argv) { return vetor::Main(argc, argv); }
