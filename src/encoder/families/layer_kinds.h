// Which layers see all tokens and which only a window around each.
#pragma once

#include <vector>

#include "encoder/families/weight_reader.h"

namespace vetor {

/// For each layer whether its attention is windowed: by config.json's "layer_types"
/// ("full_attention", "sliding_attention"; another fails the reader by name), else all but every
/// `period`-th layer, of which the first to be full is `first_full`; period 0: none is windowed.
std::vector<bool> WindowedLayers(WeightReader* reader, int layers, int period, int first_full);

/// The window of one layer: 0, all tokens, unless it is windowed. Fails the reader for a windowed
/// layer whose `window` is below 1, which would turn into "all".
int LayerWindow(WeightReader* reader, bool windowed, int window);

}  // namespace vetor
