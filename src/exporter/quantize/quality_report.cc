#include "exporter/quantize/quality_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

#include "kernels/rank_correlation.h"
#include "kernels/vector_norm.h"

namespace vetor {
namespace {

constexpr size_t kRankedTexts = 512;

std::vector<double> PairCosines(std::span<const std::vector<float>> vectors) {
  const size_t count = std::min(vectors.size(), kRankedTexts);
  std::vector<double> cosines;
  cosines.reserve(count * (count - 1) / 2);
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j < i; ++j) cosines.push_back(Cosine(vectors[i], vectors[j]));
  }
  return cosines;
}

bool AllFinite(std::span<const float> vector) {
  return std::all_of(vector.begin(), vector.end(), [](float x) { return std::isfinite(x); });
}

}  // namespace

Result<VectorAgreement> CompareVectors(std::string_view texts,
                                       std::span<const std::vector<float>> expected,
                                       std::span<const std::vector<float>> actual) {
  if (expected.size() != actual.size() || expected.empty()) {
    return InternalError(fmt::format("comparing {}: {} vectors in fp32, {} in int8", texts,
                                     expected.size(), actual.size()));
  }
  VectorAgreement agreement;
  agreement.texts = texts;
  agreement.count = expected.size();
  double sum = 0;
  agreement.worst_cosine = 2;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (expected[i].size() != actual[i].size() || !AllFinite(expected[i]) ||
        !AllFinite(actual[i])) {
      return InternalError(
          fmt::format("comparing {}: text {} has {} numbers in fp32 and {} in int8, or some that "
                      "are not finite",
                      texts, i, expected[i].size(), actual[i].size()));
    }
    const double cosine = Cosine(expected[i], actual[i]);
    sum += cosine;
    if (cosine < agreement.worst_cosine) {
      agreement.worst_cosine = cosine;
      agreement.worst_text = i;
    }
  }
  agreement.mean_cosine = sum / static_cast<double>(expected.size());
  if (expected.size() >= 3) {
    agreement.rank_agreement = Spearman(PairCosines(expected), PairCosines(actual), 1);
  }
  return agreement;
}

std::string QualityJson(const QualityFacts& facts, std::span<const VectorAgreement> agreements) {
  boost::json::array sets;
  for (const VectorAgreement& agreement : agreements) {
    sets.push_back({{"texts", agreement.texts},
                    {"count", agreement.count},
                    {"mean_cosine", agreement.mean_cosine},
                    {"worst_cosine", agreement.worst_cosine},
                    {"worst_text", agreement.worst_text},
                    {"rank_agreement", agreement.rank_agreement}});
  }
  const boost::json::object report = {{"file", facts.file},
                                      {"reference", facts.reference},
                                      {"scheme", facts.scheme},
                                      {"texts", std::move(sets)}};
  return boost::json::serialize(report) + "\n";
}

Status CheckQuality(std::string_view file, std::span<const VectorAgreement> agreements) {
  for (const VectorAgreement& agreement : agreements) {
    if (agreement.mean_cosine >= kLeastMeanCosine) continue;
    return FailedPreconditionError(
        fmt::format("{}: over the {} {} of {} the int8 vectors have a mean cosine of {:.4f} to "
                    "fp32's (worst {:.4f}), and at least {:.2f} is expected. This model loses too "
                    "much in int8: use fp32 or fp16, or keep the file (option force)",
                    file, agreement.count, agreement.count == 1 ? "text" : "texts", agreement.texts,
                    agreement.mean_cosine, agreement.worst_cosine, kLeastMeanCosine));
  }
  return {};
}

}  // namespace vetor
