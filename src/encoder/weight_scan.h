// Which weight of a model is damaged: read when its vectors turned out wrong, since a look at
// every value at each opening would take longer than the rest of it.
#pragma once

#include <string>

#include "encoder/stored_weights.h"

namespace vetor {

/// The first value that no training leaves behind, NaN, an infinity or one beyond 1e18, with its
/// tensor and row: `tensor "a.weight" has nan in row 3`. Empty: there is none. Reads all weights.
std::string FindDamagedWeight(const StoredWeights& weights);

}  // namespace vetor
