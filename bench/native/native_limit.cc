// The tokens a second at which the multiplications alone of a model would run on this machine.
//   native_limit CHECKPOINT TEXTS.txt...
// Prints one JSON line per file, with the fp32 peak that was measured just before. The texts are
// tokenized as the model does it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "arithmetic_limit.h"
#include "encoder/encoder.h"
#include "kernels/sets/kernel_set.h"
#include "machine_peak.h"
#include "os/cpu.h"
#include "vetor/tokenizer.h"

namespace vetor {
namespace {

constexpr int kTries = 3;

template <typename T>
T Must(Result<T> result) {
  if (result.ok()) return *std::move(result);
  std::fprintf(stderr, "native_limit: %s\n", result.status().ToString().c_str());
  std::exit(1);
}

std::vector<uint32_t> LengthsOf(const char* path, const ModelTokenizer& model) {
  std::ifstream file(path);
  std::vector<uint32_t> lengths;
  TokenSequence tokens;
  for (std::string line; std::getline(file, line);) {
    const Status status = model.tokenizer->Encode(line, {.max_length = model.max_length}, &tokens);
    if (!status.ok()) {
      std::fprintf(stderr, "native_limit: %s: %s\n", path, status.ToString().c_str());
      std::exit(1);
    }
    lengths.push_back(static_cast<uint32_t>(tokens.ids.size()));
  }
  return lengths;
}

int Main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: native_limit CHECKPOINT TEXTS.txt...\n");
    return 2;
  }
  const Encoder encoder = Must(ReadEncoder(Must(Checkpoint::Open(argv[1]))));
  const ModelTokenizer model = Must(OpenTokenizer(std::string(argv[1])));
  const std::string kernels = Must(ChooseKernelSet())->name;
  const auto cores = static_cast<size_t>(ReadCpuBudget().workers);
  double one = 0;
  double all = 0;
  for (int i = 0; i < kTries; ++i) {
    one = std::max(one, PeakFlops(kernels.c_str(), 1));
    all = std::max(all, PeakFlops(kernels.c_str(), cores));
  }
  for (int i = 2; i < argc; ++i) {
    const std::vector<uint32_t> lengths = LengthsOf(argv[i], model);
    double tokens = 0;
    for (const uint32_t length : lengths) tokens += length;
    std::printf(
        "{\"file\": \"%s\", \"tokens\": %.0f, \"tokens_per_second\": %.1f, \"kernels\": \"%s\", "
        "\"peak_gflops_one_core\": %.1f, \"peak_gflops\": %.1f, \"cores\": %zu}\n",
        argv[i], tokens, tokens / LimitSeconds(encoder, lengths, {all, all}), kernels.c_str(),
        one / 1e9, all / 1e9, cores);
  }
  return 0;
}

}  // namespace
}  // namespace vetor

int main(int argc, char** argv) { return vetor::Main(argc, argv); }
