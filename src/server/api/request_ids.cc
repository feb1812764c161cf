#include "server/api/request_ids.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <random>

namespace vetor {
namespace {

// A mix of all bits (the finaliser of SplitMix64), so that ids that follow each other look unlike.
uint64_t Mixed(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9U;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBU;
  return bits ^ (bits >> 31);
}

uint64_t ProcessSeed() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

}  // namespace

std::string NewRequestId() {
  static const uint64_t kSeed = ProcessSeed();
  static std::atomic<uint64_t> count{0};
  constexpr uint64_t kStep = 0x9E3779B97F4A7C15U;
  const uint64_t number = count.fetch_add(1, std::memory_order_relaxed);
  const uint64_t high = Mixed(kSeed + (2 * number + 1) * kStep);
  const uint64_t low = Mixed(kSeed + (2 * number + 2) * kStep);
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xFFFF,
                     high & 0xFFF, (low >> 48 & 0x3FFF) | 0x8000, low & 0xFFFFFFFFFFFF);
}

}  // namespace vetor
