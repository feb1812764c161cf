// Makes sizes, choices and floats from a fuzzer's bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace vetor::fuzzing {

/// Reads the bytes from the front. After their end, and for floats, it draws from a generator that
/// the bytes seed: a fuzzer begins with inputs of few bytes, which must not all become one tiny
/// shape.
class FuzzedNumbers {
 public:
  FuzzedNumbers(const uint8_t* data, size_t size) : data_(data), size_(size) {
    uint32_t seed = 2166136261;  // The FNV-1a hash of all bytes.
    for (size_t i = 0; i < size; ++i) seed = (seed ^ data[i]) * 16777619;
    engine_.seed(seed);
  }

  /// From 0 to count - 1.
  size_t Below(size_t count) {
    size_t value = 0;
    for (size_t most = count - 1; most > 0; most >>= 8) value = value << 8 | Byte();
    return value % count;
  }
  /// From 1 to most.
  size_t UpTo(size_t most) { return 1 + Below(most); }
  bool Flag() { return Byte() % 2 == 1; }

  /// Returns exactly `count` floats in memory of their own, so that ASan sees any access beyond.
  std::vector<float> Draw(size_t count, double deviation = 1, double mean = 0) {
    std::normal_distribution<double> normal(mean, deviation);
    std::vector<float> values(count);
    for (float& value : values) value = static_cast<float>(normal(engine_));
    return values;
  }
  uint32_t Seed() { return static_cast<uint32_t>(engine_()); }

 private:
  size_t Byte() {
    if (size_ == 0) return engine_() & 0xFF;
    --size_;
    return *data_++;
  }

  const uint8_t* data_;
  size_t size_;
  std::mt19937 engine_;
};

}  // namespace vetor::fuzzing
