// Vectors without a model: signed hashes of words and word pairs, equal to scikit-learn's
// HashingVectorizer(n_features=dim, ngram_range=(1, 2), norm="l2", alternate_sign=True), so that
// vectors computed in Python stay valid.
//
// A feature (a word, or two neighbours joined by one space) has the hash h, MurmurHash3_x86_32 with
// seed 0 of its UTF-8, read as signed. It adds +1 (h >= 0) or -1 to component |h| mod dim; the
// vector is then divided by its length, in double, and rounded to float32. Words: python_text.h.
#pragma once

#include <cstddef>
#include <memory>

#include "backend/backend.h"

namespace vetor {

/// Makes a backend for vectors of `dim` components, 1 to 2^31 - 1. It reads TokenBatch::texts; Run
/// gives one vector per text, zeros for a text without words. `normalize` false leaves the counts
/// as they are (norm=None). Thread-safe. Run has no errors. REQUIRES: texts in well-formed UTF-8,
/// which EmbeddingsService::Embed checks; other bytes do no harm, but their vectors have no
/// meaning.
std::unique_ptr<Backend> MakeHashingBackend(size_t dim, bool normalize = true);

}  // namespace vetor
