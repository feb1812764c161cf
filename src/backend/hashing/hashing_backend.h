// Vectors without a model: signed hashes of words and word pairs, equal to scikit-learn's
// HashingVectorizer(n_features=dim, ngram_range=(1, 2), norm="l2", alternate_sign=True), so that
// vectors computed in Python stay valid.
#pragma once

#include <cstddef>
#include <memory>

#include "backend/backend.h"

namespace vetor {

/// `dim` components, at least 1. Reads TokenBatch::texts; a text without words gives zeros.
std::unique_ptr<Backend> MakeHashingBackend(size_t dim);

}  // namespace vetor
