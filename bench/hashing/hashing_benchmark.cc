// Texts and bytes a second of the hashing backend on one thread. bench/hashing/sklearn_speed.py
// measures scikit-learn on the same texts.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "backend/hashing/hashing_backend.h"
#include "os/file.h"

namespace vetor {
namespace {

constexpr size_t kDim = 256;
constexpr size_t kBatch = 32;  // EmbeddingsConfig's default.

void AppendLines(const std::filesystem::path& path, std::vector<std::string>* texts) {
  const Result<std::string> content = ReadFile(path);
  if (!content.ok()) return;
  std::string_view rest = *content;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    texts->emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

// A file, or all files of a folder in the order of their names.
std::vector<std::string> Texts(const std::filesystem::path& path) {
  std::vector<std::string> texts;
  if (!std::filesystem::is_directory(path)) {
    AppendLines(path, &texts);
    return texts;
  }
  std::vector<std::filesystem::path> files(std::filesystem::directory_iterator(path), {});
  std::sort(files.begin(), files.end());
  for (const auto& file : files) AppendLines(file, &texts);
  return texts;
}

void Hash(benchmark::State& state, const std::filesystem::path& path) {
  const std::vector<std::string> texts = Texts(path);
  if (texts.empty()) {
    state.SkipWithError("the texts are not here");
    return;
  }
  const auto backend = MakeHashingBackend(kDim);
  int64_t bytes = 0;
  for (const std::string& text : texts) bytes += static_cast<int64_t>(text.size());
  TokenBatch batch;
  for (auto _ : state) {
    for (size_t begin = 0; begin < texts.size(); begin += kBatch) {
      batch.texts.assign(texts.begin() + begin,
                         texts.begin() + std::min(begin + kBatch, texts.size()));
      benchmark::DoNotOptimize(backend->Run(batch));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(texts.size()));
  state.SetBytesProcessed(state.iterations() * bytes);
}

BENCHMARK_CAPTURE(Hash, sample_93_languages, VETOR_TEST_DATA_DIR "/hashing/tatoeba.tsv");
BENCHMARK_CAPTURE(Hash, queries_english, VETOR_SHARED_DIR "/data/corpus/queries.txt");
BENCHMARK_CAPTURE(Hash, sentences_portuguese, VETOR_SHARED_DIR "/data/corpus/portuguese.txt");
BENCHMARK_CAPTURE(Hash, paragraphs_40_languages, VETOR_SHARED_DIR "/data/corpus/udhr");

}  // namespace
}  // namespace vetor
