#include "machine_peak.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace vetor {
namespace {

constexpr long kSteps = 400'000;  // Short enough to fall between two interruptions.
constexpr int kSums = 16;         // Independent, so that latency does not count.

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

#if defined(__x86_64__)
__attribute__((target("avx512f"), noinline)) double Avx512Rate() {
  __m512 sum[kSums];
#pragma GCC unroll 16
  for (int i = 0; i < kSums; ++i) sum[i] = _mm512_setzero_ps();
  const double start = Now();
  for (long step = 0; step < kSteps; ++step) {
#pragma GCC unroll 16
    for (int i = 0; i < kSums; ++i) asm volatile("vfmadd231ps %0, %0, %0" : "+v"(sum[i]));
  }
  return static_cast<double>(kSteps) * kSums * 32 / (Now() - start);
}

__attribute__((target("avx2,fma"), noinline)) double Avx2Rate() {
  constexpr int kAvx2Sums = 12;
  __m256 sum[kAvx2Sums];
#pragma GCC unroll 16
  for (int i = 0; i < kAvx2Sums; ++i) sum[i] = _mm256_setzero_ps();
  const double start = Now();
  for (long step = 0; step < kSteps; ++step) {
#pragma GCC unroll 16
    for (int i = 0; i < kAvx2Sums; ++i) asm volatile("vfmadd231ps %0, %0, %0" : "+x"(sum[i]));
  }
  return static_cast<double>(kSteps) * kAvx2Sums * 16 / (Now() - start);
}
#endif

}  // namespace

double PeakFlops(const char* kernel_set, size_t cores) {
  double (*rate)() = nullptr;
#if defined(__x86_64__)
  if (std::strcmp(kernel_set, "avx512") == 0) rate = &Avx512Rate;
  if (std::strcmp(kernel_set, "avx2") == 0) rate = &Avx2Rate;
#endif
  if (rate == nullptr) return 0;
  double best = 0;
  for (int repeat = 0; repeat < 40; ++repeat) {
    std::vector<double> rates(cores);
    {
      std::vector<std::jthread> threads;
      for (size_t c = 0; c < cores; ++c)
        threads.emplace_back([&rates, rate, c] { rates[c] = rate(); });
    }
    double sum = 0;
    for (const double of_core : rates) sum += of_core;
    best = std::max(best, sum);
  }
  return best;
}

}  // namespace vetor
