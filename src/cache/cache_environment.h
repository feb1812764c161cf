// The clocks, the free space and the bounds that the cache uses, so that tests can set them.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>

#include "vetor/status.h"

namespace vetor {

struct CacheEnvironment {
  /// Unix seconds, with which stored stamps are compared.
  std::function<int64_t()> wall_seconds;
  /// For retries after trouble: never jumps.
  std::function<std::chrono::steady_clock::time_point()> steady_now;
  /// Free bytes on the volume of a folder.
  std::function<Result<uint64_t>(const std::filesystem::path&)> free_bytes;
  /// Bytes that are left free on the volume: a full disk would stop even deletes.
  uint64_t keep_free_bytes = 64 << 20;
  /// Records waiting to be written; more are dropped.
  size_t queue_bytes = 16 << 20;

  static CacheEnvironment Real();
};

}  // namespace vetor
