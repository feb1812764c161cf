// Exact nearest rows and all pairs above a threshold, in cache-sized tiles on all workers.
//
// Vectors are unit length, so the dot product is the cosine. Several fields: the score is the mean
// of their cosines. `block` restricts comparisons: rows compare only when their block is equal (the
// blocking of record linkage).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// One field's vectors, [rows, dim] row-major float32, not owned.
struct VectorField {
  std::span<const float> values;
  size_t dim = 0;
};

/// Rows with their fields and blocks, not owned.
struct VectorRows {
  std::vector<VectorField> fields;    ///< All with the same number of rows.
  std::span<const uint32_t> block;    ///< [rows], or empty: one block.
  size_t rows = 0;
};

struct Hit {
  uint32_t row = 0;   ///< In the corpus.
  float score = 0;    ///< Mean cosine, in [-1, 1].
};

/// For each query its `top` best corpus rows, best first; equal scores by ascending row.
std::vector<std::vector<Hit>> SearchTop(const VectorRows& corpus, const VectorRows& queries,
                                        size_t top, int threads);

struct Pair {
  uint32_t a = 0, b = 0;  ///< a < b
  float score = 0;
};

/// All pairs of rows with score >= threshold, ordered by (a, b). RESOURCE_EXHAUSTED above
/// `max_pairs`, saying the number and the remedy (a higher threshold or a block).
Result<std::vector<Pair>> PairsAbove(const VectorRows& rows, float threshold, int threads,
                                     size_t max_pairs);

/// Connected components of the pairs with at least two rows, each ascending, ordered by first row.
std::vector<std::vector<uint32_t>> GroupPairs(std::span<const Pair> pairs, size_t rows);

}  // namespace vetor
