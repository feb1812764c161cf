#include "engine/native_check.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "base/status_macros.h"
#include "encoder/reference/reference_pass.h"
#include "encoder/weight_scan.h"
#include "kernels/vector_norm.h"

namespace vetor {
namespace {

constexpr double kMostDifference = 1e-5;
constexpr std::array kTexts = {"vetor", "Grande Prémio de Mónaco, 24 May 2026"};

// More say nothing new and cost an opening time.
constexpr size_t kMostTokens = 16;

template <typename Scalar>
std::vector<double> UnitMean(std::span<const Scalar> rows, size_t width) {
  std::vector<double> mean(width);
  for (size_t i = 0; i < rows.size(); ++i) mean[i % width] += static_cast<double>(rows[i]);
  double squares = 0;
  for (const double x : mean) squares += x * x;
  const double divisor = UnitDivisor(squares);
  for (double& x : mean) x /= divisor;
  return mean;
}

}  // namespace

Status CheckNativeVectors(const Encoder& encoder, const Tokenizer& tokenizer, Backend& backend,
                          int threads) {
  std::vector<TokenIds> texts;
  TokenBatch batch{.row_begin = {0}};
  for (const char* text : kTexts) {
    TokenSequence tokens;
    VETOR_RETURN_IF_ERROR(tokenizer.Encode(text, {}, &tokens));
    if (tokens.ids.size() > kMostTokens) tokens.ids.resize(kMostTokens);
    if (tokens.ids.empty()) continue;
    batch.token_ids.insert(batch.token_ids.end(), tokens.ids.begin(), tokens.ids.end());
    batch.row_begin.push_back(static_cast<uint32_t>(batch.token_ids.size()));
    texts.push_back(std::move(tokens.ids));
  }
  if (texts.empty()) return Status();
  VETOR_ASSIGN_OR_RETURN(const BackendOutput output, backend.Run(batch));
  VETOR_ASSIGN_OR_RETURN(const auto expected, ReferencePass(encoder, texts, threads));
  double most = 0;
  for (size_t t = 0; t < texts.size(); ++t) {
    const auto rows =
        output.values.subspan(batch.row_begin[t] * output.width, texts[t].size() * output.width);
    const std::vector<double> found = UnitMean(rows, output.width);
    const std::vector<double> exact = UnitMean(std::span(expected[t].values), output.width);
    for (size_t i = 0; i < found.size(); ++i) {
      const double difference = std::abs(found[i] - exact[i]);
      most = difference > most || std::isnan(difference) ? difference : most;
    }
  }
  if (most <= kMostDifference) return Status();
  if (encoder.checkpoint != nullptr) {
    const std::string damaged = FindDamagedWeight(*encoder.checkpoint);
    if (!damaged.empty()) {
      return DataLossError(fmt::format(
          "{}: {}, which no training leaves there, so that the vectors are wrong; download the "
          "weights again",
          encoder.checkpoint->folder().string(), damaged));
    }
  }
  return InternalError(fmt::format(
      "{} computes other vectors than the checkpoint means: they differ by {:.1e}, expected at "
      "most "
      "{:.0e}; export a graph (vetor export) and set the runtime to \"onnxruntime\", and report it "
      "with the output of vetor doctor",
      backend.traits().library, most, kMostDifference));
}

}  // namespace vetor
