// Makes this thread treat denormal numbers as zero while an object of this class lives. The weight
// of a far token may be 1e-40, and arithmetic with such numbers takes a hundred times as long.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace vetor {

class ScopedFlushDenormals {
 public:
#if defined(__x86_64__)
  ScopedFlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | kFlush); }
  ~ScopedFlushDenormals() { _mm_setcsr(before_); }
#elif defined(__aarch64__)
  ScopedFlushDenormals() {
    asm volatile("mrs %0, fpcr" : "=r"(before_));
    asm volatile("msr fpcr, %0" : : "r"(before_ | kFlush));
  }
  ~ScopedFlushDenormals() { asm volatile("msr fpcr, %0" : : "r"(before_)); }
#else
  ScopedFlushDenormals() = default;
  ~ScopedFlushDenormals() = default;
#endif
  ScopedFlushDenormals(const ScopedFlushDenormals&) = delete;
  ScopedFlushDenormals& operator=(const ScopedFlushDenormals&) = delete;

 private:
#if defined(__x86_64__)
  static constexpr unsigned kFlush = 0x8040;  // Results (bit 15) and operands (bit 6).
  unsigned before_;
#elif defined(__aarch64__)
  static constexpr uint64_t kFlush = uint64_t{1} << 24;
  uint64_t before_ = 0;
#endif
};

}  // namespace vetor
