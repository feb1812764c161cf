#include "benchmark/report_words.h"

#include <fmt/format.h>

namespace vetor {

std::string ConfigurationName(const std::string& engine, const std::string& provider,
                              const std::string& precision, const std::string& runtime) {
  std::string name = engine;
  if (!provider.empty()) name += " " + provider;
  if (engine != "hashing" && !precision.empty()) name += " " + precision;
  if (!runtime.empty() && runtime != ToString(Runtime::kAuto)) name += " " + runtime;
  return name;
}

std::string RuntimeLine(const BenchmarkRow& row) {
  if (row.active_runtime.empty() || row.runtime_reason.empty()) return row.active_runtime;
  return row.active_runtime + ", not vetor's own kernels: " + row.runtime_reason;
}

std::string Grouped(double number) {
  if (number < 100) return fmt::format("{:.1f}", number);
  std::string digits = fmt::format("{:.0f}", number);
  for (size_t place = digits.size(); place > 3; place -= 3) digits.insert(place - 3, ",");
  return digits;
}

std::string Milliseconds(double ms) {
  if (ms < 0.1) return fmt::format("{:.3g} us", ms * 1000);
  return ms < 1000 ? fmt::format("{:.3g} ms", ms) : fmt::format("{:.3g} s", ms / 1000);
}

std::string WithRange(const Spread& spread) {
  if (spread.min == spread.max) return Grouped(spread.median);
  return fmt::format("{} ({}-{})", Grouped(spread.median), Grouped(spread.min),
                     Grouped(spread.max));
}

}  // namespace vetor
