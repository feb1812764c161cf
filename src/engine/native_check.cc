#include "engine/native_check.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "encoder/reference/reference_pass.h"
#include "encoder/weight_scan.h"
#include "engine/engine.h"
#include "engine/pooled_backend.h"
#include "head/pooler.h"
#include "kernels/vector_norm.h"

namespace vetor {
namespace {

constexpr std::array kTexts = {"vetor", "Grande Prémio de Mónaco, 24 May 2026"};

// More tokens find no other faults. With these both texts fit into one tile of the reference pass
// (16 tokens), which takes a fifth less time than with 16 each.
constexpr size_t kMostTokens = 12;

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

// `most` so far, and the components of two vectors.
double Furthest(double most, std::span<const double> a, std::span<const double> b) {
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(a[i] - b[i]);
    most = difference > most || std::isnan(difference) ? difference : most;
  }
  return most;
}

Status Judge(double most, const NativeRun& run, const std::string& other,
             const std::string& remedy) {
  if (most <= run.most) return Status();
  return InternalError(fmt::format(
      "{} computes other vectors than {}: they differ by {:.1e}, expected at most {:.0e}; {}, and "
      "report it with the output of vetor doctor",
      run.backend->traits().library, other, most, run.most, remedy));
}

// Looks for a damaged weight, which is a better reason than the vectors that it makes wrong.
Status CheckWeights(const Encoder& encoder) {
  if (encoder.weights == nullptr) return Status();
  const std::string damaged = FindDamagedWeight(*encoder.weights);
  if (damaged.empty()) return Status();
  return DataLossError(fmt::format(
      "{}: {}, which no training leaves there, so that the vectors are wrong; download the "
      "weights again",
      encoder.weights->folder().string(), damaged));
}

// Of token vectors in double: their mean, or what the backend makes of them, scaled to length 1.
Result<std::vector<double>> UnitText(const std::vector<double>& tokens, const TokenBatch& text,
                                     const NativeRun& run) {
  const size_t width = tokens.size() / text.tokens();
  if (run.pooling == nullptr) return UnitMean(std::span(tokens), width);
  VETOR_ASSIGN_OR_RETURN(const Pooler head, Pooler::Create(SpecOf(*run.pooling), width));
  const std::vector<float> floats(tokens.begin(), tokens.end());
  std::vector<float> vector(head.dim());
  VETOR_RETURN_IF_ERROR(head.Finish(text, {.values = floats, .width = width}, vector));
  return UnitMean(std::span<const float>(vector), vector.size());
}

// Pools what `backend` gives as the model's folder says, keeps all components and scales to
// length 1.
Result<Pooler> UnitHeadOf(const Backend& backend, const PoolingSpec& pooling) {
  PoolingSpec spec = pooling;
  spec.normalize = true;
  spec.dim = 0;
  return Pooler::Create(std::move(spec), backend.traits().width, backend.traits().output_axis);
}

Status RunText(Backend* backend, const Pooler& head, const TokenBatch& text,
               std::span<float> vector) {
  VETOR_ASSIGN_OR_RETURN(const BackendOutput output, backend->Run(text));
  return head.Finish(text, output, vector);
}

constexpr const char* kSetRuntime = "set the runtime to \"onnxruntime\"";

}  // namespace

Status CheckNativeVectors(const Encoder& encoder, const NativeRun& run, int threads) {
  std::vector<TokenIds> texts;
  TokenBatch batch{.row_begin = {0}};
  for (const char* text : kTexts) {
    TokenSequence tokens;
    VETOR_RETURN_IF_ERROR(run.tokenizer->Encode(text, {}, &tokens));
    if (tokens.ids.size() > kMostTokens) tokens.ids.resize(kMostTokens);
    if (tokens.ids.empty()) continue;
    batch.token_ids.insert(batch.token_ids.end(), tokens.ids.begin(), tokens.ids.end());
    batch.row_begin.push_back(static_cast<uint32_t>(batch.token_ids.size()));
    texts.push_back(std::move(tokens.ids));
  }
  if (texts.empty()) return Status();
  VETOR_ASSIGN_OR_RETURN(const BackendOutput output, run.backend->Run(batch));
  VETOR_ASSIGN_OR_RETURN(const auto states, ReferencePass(encoder, texts, threads));
  double most = 0;
  for (size_t t = 0; t < texts.size(); ++t) {
    VETOR_ASSIGN_OR_RETURN(const std::vector<double> exact,
                           UnitText(states[t].values, batch.Only(t), run));
    const size_t first = output.axis == OutputAxis::kTexts ? t : batch.row_begin[t];
    const size_t rows = output.axis == OutputAxis::kTexts ? 1 : texts[t].size();
    const auto found = output.values.subspan(first * output.width, rows * output.width);
    most = Furthest(most, UnitMean(found, output.width), exact);
  }
  if (!(most <= kMostDifference)) VETOR_RETURN_IF_ERROR(CheckWeights(encoder));
  NativeRun exactly = run;
  exactly.most = kMostDifference;
  return Judge(most, exactly, "the reference pass",
               "export a graph (vetor export) and set the runtime to \"onnxruntime\"");
}

Status CheckNativeAgainst(Backend* other, const NativeRun& run) {
  double most = 0;
  for (const char* text : kTexts) {
    TokenSequence tokens;
    VETOR_RETURN_IF_ERROR(run.tokenizer->Encode(text, {}, &tokens));
    if (tokens.ids.size() > kMostTokens) tokens.ids.resize(kMostTokens);
    if (tokens.ids.empty()) continue;
    const TokenBatch batch = BatchOfOne({.ids = tokens.ids});
    VETOR_ASSIGN_OR_RETURN(const BackendOutput found, run.backend->Run(batch));
    VETOR_ASSIGN_OR_RETURN(const BackendOutput expected, other->Run(batch));
    if (expected.width != found.width || expected.values.size() != found.values.size()) {
      return InternalError("ONNX Runtime gives vectors of another width");
    }
    most =
        Furthest(most, UnitMean(found.values, found.width), UnitMean(expected.values, found.width));
  }
  return Judge(most, run, other->traits().library, kSetRuntime);
}

Status CheckNativeProbes(const Probes& probes, const PoolingSpec& pooling, const NativeRun& run) {
  VETOR_ASSIGN_OR_RETURN(const Pooler head, UnitHeadOf(*run.backend, pooling));
  std::vector<float> vector(head.dim());
  double most = 0;
  for (size_t i = 0; i < probes.texts.size(); ++i) {
    const std::vector<float>& recorded = probes.vectors[i];
    if (recorded.size() != head.dim()) {
      return DataLossError(
          fmt::format("vetor_model.json records vectors of {} components, expected "
                      "{} as the model gives",
                      recorded.size(), head.dim()));
    }
    TokenSequence tokens;
    VETOR_RETURN_IF_ERROR(run.tokenizer->Encode(probes.texts[i], {}, &tokens));
    VETOR_RETURN_IF_ERROR(RunText(run.backend, head, BatchOfOne(tokens), vector));
    most = Furthest(most, UnitMean(std::span<const float>(vector), vector.size()),
                    UnitMean(std::span(recorded), recorded.size()));
  }
  return Judge(most, run, "vetor_model.json records", kSetRuntime);
}

Status CheckRoundedVectors(Backend* exact, const NativeRun& rounded, const PoolingSpec& pooling,
                           std::span<const std::string> texts) {
  VETOR_ASSIGN_OR_RETURN(const Pooler head, UnitHeadOf(*exact, pooling));
  std::vector<float> expected(head.dim());
  std::vector<float> found(head.dim());
  std::vector<std::string_view> all(kTexts.begin(), kTexts.end());
  all.insert(all.end(), texts.begin(), texts.end());
  for (const std::string_view text : all) {
    TokenSequence tokens;
    VETOR_RETURN_IF_ERROR(rounded.tokenizer->Encode(text, {}, &tokens));
    if (tokens.ids.empty()) continue;
    const TokenBatch batch = BatchOfOne(tokens);
    VETOR_RETURN_IF_ERROR(RunText(exact, head, batch, expected));
    VETOR_RETURN_IF_ERROR(RunText(rounded.backend, head, batch, found));
    const double cosine = Cosine(found, expected);
    if (cosine >= kLeastBf16Cosine) continue;
    const BackendTraits& traits = rounded.backend->traits();
    return InternalError(fmt::format(
        "{} computes other vectors in {} than in fp32: text {} has cosine {:.6f}, expected at "
        "least {}; leave ai.onnx.precision at \"auto\", and report it with the output of vetor "
        "doctor",
        traits.library, traits.precision, Quoted(text), cosine, kLeastBf16Cosine));
  }
  return Status();
}

}  // namespace vetor
