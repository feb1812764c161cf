#include "cache/cache_environment.h"

#include "os/disk_space.h"

namespace vetor {

CacheEnvironment CacheEnvironment::Real() {
  CacheEnvironment environment;
  environment.wall_seconds = [] {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  environment.steady_now = [] { return std::chrono::steady_clock::now(); };
  environment.free_bytes = [](const std::filesystem::path& path) { return FreeDiskBytes(path); };
  return environment;
}

}  // namespace vetor
