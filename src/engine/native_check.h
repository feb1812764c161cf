// Checks that the native runtime computes the vectors of the checkpoint.
#pragma once

#include "backend/backend.h"
#include "encoder/encoder.h"
#include "head/pooling_spec.h"
#include "model/probes.h"
#include "tokenizer/tokenizer.h"
#include "vetor/status.h"

namespace vetor {

/// Computes two short texts with `backend` and with the reference pass in double, on `threads`
/// threads: a kernel, compiler or processor that computes something else is found before it answers
/// anyone. No component of their mean vectors, scaled to length 1, may differ by more than 1e-5.
/// Costs an opening 23 ms on two cores with MiniLM (native_verdict.h). Errors: DATA_LOSS names a
/// weight that is damaged; INTERNAL says how far they are apart; those of the backend and the
/// tokenizer.
Status CheckNativeVectors(const Encoder& encoder, const Tokenizer& tokenizer, Backend& backend,
                          int threads);

/// The native backend, and the tokenizer of its model.
struct NativeRun {
  const Tokenizer* tokenizer = nullptr;
  Backend* backend = nullptr;
};

/// The same, but compared with another backend that gives vectors per token: ONNX Runtime with the
/// graph that was recognised.
Status CheckNativeAgainst(Backend* other, const NativeRun& run);

/// Compares with the vectors that were recorded when the graph was exported, pooled as `pooling`
/// says: no component of a unit vector may differ by more than 1e-5. A cosine would not see it.
Status CheckNativeProbes(const Probes& probes, const PoolingSpec& pooling, const NativeRun& run);

}  // namespace vetor
