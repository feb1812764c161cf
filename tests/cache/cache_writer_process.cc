// The other process of the fault tests. It opens a cache and writes, as standard input says.
//
//   cache_writer_process DIR forever FIRST  writes batches of 50 from FIRST on without end, and a
//   line
//                                           with the next number after each flush
//   cache_writer_process DIR COUNT 0        writes 0..COUNT, says "ready", ends with its input
#include <cstdio>
#include <cstdlib>
#include <string>

#include "cache/cache_fixture.h"

namespace vetor {
namespace {

int WriteForever(VectorCache* cache, int64_t first) {
  constexpr int64_t kBatch = 50;
  for (int64_t i = first;; i += kBatch) {
    InsertRange(cache, i, i + kBatch);
    cache->Flush();
    std::printf("%lld\n", static_cast<long long>(i + kBatch));
    std::fflush(stdout);
  }
}

int Main(const std::string& dir, const std::string& what, int64_t first) {
  VectorCacheOptions options;
  options.dir = dir;
  options.memory_bytes = 0;
  CacheEnvironment environment = CacheEnvironment::Real();
  environment.keep_free_bytes = 0;
  const auto cache = OpenVectorCache(options, environment);
  if (cache->state() != "disk") {
    std::printf("state: %s\n", cache->state().c_str());
    return 1;
  }
  if (what == "forever") return WriteForever(cache.get(), first);
  InsertRange(cache.get(), 0, std::atoll(what.c_str()));
  cache->Flush();
  std::printf("ready\n");
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return 0;
}

}  // namespace
}  // namespace vetor

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  return vetor::Main(argv[1], argv[2], std::atoll(argv[3]));
}
