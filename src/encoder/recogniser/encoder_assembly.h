// From the meaning of a graph's output to the encoder that computes it.
#pragma once

#include "encoder/encoder.h"
#include "encoder/recogniser/symbol.h"
#include "vetor/status.h"

namespace vetor::recogniser {

/// UNIMPLEMENTED if `output` is not a stack of layers over an embedding, and says what was expected
/// instead. The result has no checkpoint yet.
Result<Encoder> AssembleEncoder(const Symbol& output);

}  // namespace vetor::recogniser
