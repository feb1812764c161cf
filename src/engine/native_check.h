// Does the native runtime give what the checkpoint means?
#pragma once

#include "backend/backend.h"
#include "encoder/encoder.h"
#include "tokenizer/tokenizer.h"
#include "vetor/status.h"

namespace vetor {

/// Computes two short texts with `backend` and with the reference pass in double, on `threads`
/// threads: a kernel, compiler or processor that computes something else is found before it answers
/// anyone. No component of their mean vectors, scaled to length 1, may differ by more than 1e-5.
/// Costs an opening 23 ms on two cores with MiniLM (native_verdict.h). Errors: INTERNAL says how
/// far they are apart; those of the backend and the tokenizer.
Status CheckNativeVectors(const Encoder& encoder, const Tokenizer& tokenizer, Backend& backend,
                          int threads);

}  // namespace vetor
