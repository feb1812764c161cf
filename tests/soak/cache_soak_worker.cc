// One of the processes of cache_soak.py. It embeds texts with a cache that others damage, prune and
// delete, and compares every vector, bit by bit, with that of a service without a cache.
//
//   cache_soak_worker DIR SEED MAX_MB TTL_SECONDS
//
// Now and then a line says how many texts it embedded and how many came from the cache. It ends
// only by a signal, or with exit code 3 for a wrong vector and 2 for a call that failed.
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "os/log.h"
#include "vetor/embeddings_service.h"

namespace vetor {
namespace {

constexpr int kThreads = 2;
constexpr int kMostTexts = 40;
constexpr uint64_t kTextsPerLine = 2000;
// Some texts come again and again; most others come once.
constexpr uint32_t kUsualTexts = 3000;
constexpr uint32_t kAllTexts = 40'000;

std::string TextOf(uint32_t number) {
  std::string text;
  std::mt19937 random(number);
  for (int i = 0; i < 12; ++i) text += "w" + std::to_string(random() % 5000) + " ";
  return text + std::to_string(number);
}

struct Services {
  std::unique_ptr<EmbeddingsService> plain, cached;
};

// Returns 0, or the exit code with which the process is to end.
int WorkForever(const Services& services, uint32_t seed) {
  std::mt19937 random(seed);
  uint64_t embedded = 0;
  uint64_t from_cache = 0;
  while (true) {
    std::vector<std::string> texts(1 + random() % kMostTexts);
    for (std::string& text : texts) {
      const uint32_t range = random() % 4 == 0 ? kAllTexts : kUsualTexts;
      text = TextOf(static_cast<uint32_t>(random() % range));
    }
    const auto expected = services.plain->Embed(texts);
    const auto found = services.cached->Embed(texts);
    if (!expected.ok() || !found.ok()) {
      const Status& status = found.ok() ? expected.status() : found.status();
      std::fprintf(stderr, "a call failed: %s\n", status.ToString().c_str());
      return 2;
    }
    if (expected->values.size() != found->values.size() ||
        std::memcmp(expected->values.data(), found->values.data(),
                    expected->values.size() * sizeof(float)) != 0) {
      std::fprintf(stderr, "WRONG VECTOR\n");
      return 3;
    }
    embedded += texts.size();
    for (const TextInfo& info : found->texts) from_cache += info.cached ? 1 : 0;
    if (embedded < kTextsPerLine) continue;
    std::printf("%llu %llu\n", static_cast<unsigned long long>(embedded),
                static_cast<unsigned long long>(from_cache));
    std::fflush(stdout);
    embedded = from_cache = 0;
  }
}

int Main(char** arguments) {
  SetLogLevel(LogLevel::kError);
  std::mt19937 random(static_cast<uint32_t>(std::atoll(arguments[2])));
  EmbeddingsConfig config;
  config.cache.enabled = false;
  config.threads = 1;
  config.dim = 384;
  auto plain = EmbeddingsService::Open(config);
  config.cache.enabled = true;
  config.cache.dir = arguments[1];
  config.cache.max_mb = std::atoll(arguments[3]);
  config.cache.ttl_days = std::atof(arguments[4]) / 86400;
  config.cache.memory_mb = random() % 2;
  auto cached = EmbeddingsService::Open(config);
  if (!plain.ok() || !cached.ok()) return 2;
  const Services services{*std::move(plain), *std::move(cached)};
  std::array<std::thread, kThreads> threads;
  for (std::thread& thread : threads) {
    thread = std::thread([&services, seed = static_cast<uint32_t>(random())] {
      std::_Exit(WorkForever(services, seed));
    });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace
}  // namespace vetor

int main(int argc, char** argv) {
  if (argc != 5) return 2;
  return vetor::Main(argv);
}
