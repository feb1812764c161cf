#include "doctor/precision_check.h"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "base/counted.h"
#include "base/status_macros.h"
#include "doctor/vectors_check.h"

namespace vetor {
namespace {

std::string RateOf(const EmbeddingSpeed& speed) {
  return WithThousands(static_cast<uint64_t>(speed.tokens_per_second())) + " tokens/s";
}

// Both rates are of the same seconds, more or less, so that other programs slow down both.
Result<std::string> CompareWith(Precision precision, EmbeddingsConfig config,
                                const std::stop_token& stop, EmbeddingsService* service) {
  config.model.precision = precision;
  VETOR_ASSIGN_OR_RETURN(const std::unique_ptr<EmbeddingsService> other,
                         EmbeddingsService::Open(config));
  VETOR_ASSIGN_OR_RETURN(const EmbeddingSpeed own, MeasureSpeed(stop, service));
  VETOR_ASSIGN_OR_RETURN(const EmbeddingSpeed measured, MeasureSpeed(stop, other.get()));
  return fmt::format("{}: {} on {}, {:.2f} times the {} of {} on {}", other->active_precision(),
                     RateOf(measured), other->active_runtime(),
                     measured.tokens_per_second() / own.tokens_per_second(), RateOf(own),
                     service->active_precision(), service->active_runtime());
}

}  // namespace

DoctorCheck CheckPrecisions(const EmbeddingsConfig& config, const std::stop_token& stop,
                            EmbeddingsService* service) {
  DoctorCheck check{.name = "precisions"};
  for (const Precision precision : {Precision::kBf16, Precision::kInt8}) {
    if (service->active_precision() == ToString(precision)) continue;
    Result<std::string> line = CompareWith(precision, config, stop, service);
    if (!check.detail.empty()) check.detail += "\n";
    check.detail += line.ok() ? *line
                              : fmt::format("{}: not measured, because {}", ToString(precision),
                                            line.status().message());
  }
  return check;
}

}  // namespace vetor
