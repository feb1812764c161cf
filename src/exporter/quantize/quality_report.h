// How far the int8 graph's text vectors are from fp32's, and whether that is good enough.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// Below this mean cosine an int8 graph is not kept unless the user insists.
inline constexpr double kLeastMeanCosine = 0.98;

/// One set of texts, compared.
struct VectorAgreement {
  std::string texts;  ///< "probes", "calibration", or the user's file.
  size_t count = 0;
  double mean_cosine = 1;
  double worst_cosine = 1;
  size_t worst_text = 0;  ///< Index of the text with the worst cosine.
  /// Spearman's rank correlation of the cosines of all pairs of texts (of the first 512), int8
  /// against fp32: whether the same texts are the nearest. 1 with fewer than three texts.
  double rank_agreement = 1;
};

/// `expected` (fp32) and `actual` (int8): one vector per text, of any length but zero. INTERNAL if
/// they do not match in number and size, or hold anything that is not finite.
Result<VectorAgreement> CompareVectors(std::string_view texts,
                                       std::span<const std::vector<float>> expected,
                                       std::span<const std::vector<float>> actual);

/// What quality.json says beside the agreements.
struct QualityFacts {
  std::string file;       ///< "model_quantized.onnx"
  std::string reference;  ///< "model.onnx"
  std::string scheme;     ///< "per-row", "per-tensor"
};

/// quality.json: {"file", "reference", "scheme", "texts": [{"texts", "count", "mean_cosine",
/// "worst_cosine", "worst_text", "rank_agreement"}]}, with a newline at the end.
std::string QualityJson(const QualityFacts& facts, std::span<const VectorAgreement> agreements);

/// FAILED_PRECONDITION if any set's mean cosine is below kLeastMeanCosine; it has the measured
/// figure and the remedy.
Status CheckQuality(std::string_view file, std::span<const VectorAgreement> agreements);

}  // namespace vetor
