// The version of our own arithmetic, which is part of every model's fingerprint.
#pragma once

#include <string_view>

namespace vetor {

/// Raise it with every change after which the same files give another vector for some text: how
/// batches are formed, what the backend feeds and does to a graph before it runs, pooling, Dense
/// layers, normalisation, joining of windows. Vectors that older versions have stored are then not
/// found any more, neither right nor wrong ones.
///
/// 1: up to 0.1.0 (not written into the fingerprint). 2: a text without tokens shares no run with
/// others; layer normalisation is rewritten in graphs with external data too. 3: a model that
/// compares by dot product and has no Normalize keeps its lengths; a token beyond the embedding
/// table is refused, for which a GPU gave a row of zeros.
inline constexpr std::string_view kNumericsVersion = "3";

}  // namespace vetor
