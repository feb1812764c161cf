// Measures how far the int8 graph's text vectors are from fp32's, and judges whether that is good
// enough.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// Below this mean cosine, an int8 graph is kept only if the user insists.
inline constexpr double kLeastMeanCosine = 0.98;

/// The comparison of one set of texts.
struct VectorAgreement {
  std::string texts;  ///< "probes", "calibration", or the user's file.
  size_t count = 0;
  double mean_cosine = 1;
  double worst_cosine = 1;
  size_t worst_text = 0;  ///< The index of the text with the worst cosine.
  /// Whether the same texts are the nearest: Spearman's rank correlation, int8 against fp32, of the
  /// cosines of all pairs of the first 512 texts. 1 for fewer than three texts.
  double rank_agreement = 1;
};

/// Compares `expected` (fp32) with `actual` (int8), which hold one vector per text, of any length
/// but zero. INTERNAL if they differ in number or size, or hold a value that is not finite.
Result<VectorAgreement> CompareVectors(std::string_view texts,
                                       std::span<const std::vector<float>> expected,
                                       std::span<const std::vector<float>> actual);

/// The facts of quality.json apart from the agreements.
struct QualityFacts {
  std::string file;       ///< "model_quantized.onnx"
  std::string reference;  ///< "model.onnx"
  std::string scheme;     ///< "per-row", "per-tensor"
};

/// quality.json: {"file", "reference", "scheme", "texts": [{"texts", "count", "mean_cosine",
/// "worst_cosine", "worst_text", "rank_agreement"}]}, with a newline at the end.
std::string QualityJson(const QualityFacts& facts, std::span<const VectorAgreement> agreements);

/// FAILED_PRECONDITION if the mean cosine of any set is below kLeastMeanCosine. The message has the
/// measured figure and the remedy.
Status CheckQuality(std::string_view file, std::span<const VectorAgreement> agreements);

}  // namespace vetor
