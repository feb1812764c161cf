// Which layers see all tokens, and which see only a window around each token.
#pragma once

#include <vector>

#include "encoder/families/weight_reader.h"

namespace vetor {

/// For each layer whether its attention is windowed: as config.json's "layer_types" says
/// ("full_attention", "sliding_attention"; any other type fails the reader with its name). Without
/// "layer_types" every `period`-th layer from `first_full` on is full and the others are windowed;
/// with period 0 none is windowed.
std::vector<bool> WindowedLayers(WeightReader* reader, int layers, int period, int first_full);

/// The window of one layer: 0 (all tokens) unless it is windowed. Fails the reader if `window` of a
/// windowed layer is below 1, which would mean all tokens.
int LayerWindow(WeightReader* reader, bool windowed, int window);

}  // namespace vetor
