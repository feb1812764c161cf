// Checks that the native runtime computes the vectors of the checkpoint.
#pragma once

#include <span>
#include <string>

#include "backend/backend.h"
#include "encoder/encoder.h"
#include "encoder/recogniser/graph_pooling.h"
#include "head/pooling_spec.h"
#include "model/probes.h"
#include "tokenizer/tokenizer.h"
#include "vetor/status.h"

namespace vetor {

/// How far components of two unit vectors may be apart in fp32.
inline constexpr double kMostDifference = 1e-5;
/// And from what a graph in fp16 gives, which rounds the inputs and outputs of each product, or
/// what each fused operator gives, to 11 bits.
inline constexpr double kMostHalfDifference = 2e-3;

/// The least cosine of a text's vector in bf16 to the one in fp32: a wrong kernel is far below it.
/// On real models the cosine is above 0.9995 (docs/quality.md).
inline constexpr double kLeastBf16Cosine = 0.999;

/// The native backend, and the tokenizer of its model.
struct NativeRun {
  const Tokenizer* tokenizer = nullptr;
  Backend* backend = nullptr;
  /// What the backend makes of token vectors if it gives text vectors; else null.
  const GraphPooling* pooling = nullptr;
  /// How far components may be from what another program computes.
  double most = kMostDifference;
};

/// Computes two short texts with the backend and with the reference pass in double, on `threads`
/// threads: a kernel, compiler or processor that computes something else is found before it answers
/// anyone. No component of their mean (or pooled) vectors, scaled to length 1, may differ by more
/// than 1e-5. Costs an opening 23 ms on two cores with MiniLM (native_verdict.h). Errors: DATA_LOSS
/// names a weight that is damaged; INTERNAL says how far they are apart; those of the backend and
/// the tokenizer.
Status CheckNativeVectors(const Encoder& encoder, const NativeRun& run, int threads);

/// The same, but compared with another backend that gives vectors per token: ONNX Runtime with the
/// graph that was recognised.
Status CheckNativeAgainst(Backend* other, const NativeRun& run);

/// Compares with the vectors that were recorded when the graph was exported, pooled as `pooling`
/// says: no component of a unit vector may differ by more than `run.most`. A cosine would not see
/// it.
Status CheckNativeProbes(const Probes& probes, const PoolingSpec& pooling, const NativeRun& run);

/// Compares vectors of `rounded`, which computes in bf16, with those of `exact`, the same encoder
/// in fp32, pooled as `pooling` says: the cosine of each of two built-in texts and of `texts` is at
/// least kLeastBf16Cosine. Errors: INTERNAL names the text; those of the backends and the
/// tokenizer.
Status CheckRoundedVectors(Backend* exact, const NativeRun& rounded, const PoolingSpec& pooling,
                           std::span<const std::string> texts);

}  // namespace vetor
