// The clocks, the free space and the bounds that the cache uses, so that tests can set them.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>

#include "vetor/status.h"

namespace vetor {

struct CacheEnvironment {
  /// Unix seconds. Stored stamps are compared with it.
  std::function<int64_t()> wall_seconds;
  /// It never jumps; it times the next try after trouble.
  std::function<std::chrono::steady_clock::time_point()> steady_now;
  /// Free bytes on the volume of a folder.
  std::function<Result<uint64_t>(const std::filesystem::path&)> free_bytes;
  /// Bytes that are left free on the volume: a full disk would stop even deletes.
  uint64_t keep_free_bytes = 64 << 20;
  /// Bound of the records that wait to be written; more are dropped.
  size_t queue_bytes = 16 << 20;

  static CacheEnvironment Real();
};

}  // namespace vetor
