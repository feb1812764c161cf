// Search and deduplication: exact nearest rows, and all pairs of rows above a threshold.
//
//   auto events = (*service)->Embed(titles);  // embeddings_service.h; unit length by default
//   auto wanted = (*service)->Embed({"GP de São Paulo"});
//   const vetor::VectorRows corpus = {.fields = {{events->values, events->dim}},
//                                     .rows = events->rows};
//   const vetor::VectorRows queries = {.fields = {{wanted->values, wanted->dim}},
//                                      .rows = wanted->rows};
//   const auto hits = vetor::SearchTop(corpus, queries, 5, 2);
//   if (!hits.ok()) return Fail(hits.status());
//   for (const vetor::SearchHit& hit : (*hits)[0]) {  // of the first query
//     std::cout << titles[hit.row] << ' ' << hit.score << '\n';
//   }
//
// Vectors are unit length, so the dot product is the cosine. Several fields: the score is the mean
// of their cosines. `block` restricts comparisons: rows compare only when their block is equal (the
// blocking of record linkage), and the work shrinks to the sum of the products of the block sizes.
//
// Scores are float32 sums in a fixed order: the same bits whatever the number of threads, the order
// of the rows and the other rows, and score(a, b) == score(b, a). They differ from the exact value
// by about 1e-7, so that two equal rows may score 0.9999999: look for them with a threshold a
// little below 1. A row that holds NaN is in no hit and in no pair.
//
// The functions are pure and thread-safe. Each blocks until its own threads (the caller's and
// `threads` - 1 more; a number below 1 means 1) are done. A requested stop ends them within a tile
// of 1,024 x 4,096 rows per thread (50 ms at 384 components).
//
// Errors of all: INVALID_ARGUMENT for sizes that contradict each other, before a value is read. The
// message names the side, what was found and what was expected. RESOURCE_EXHAUSTED if the system
// refuses memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// One field's vectors, [rows, dim] row-major float32, not owned.
struct VectorField {
  std::span<const float> values;  ///< rows * dim of them, no more and no fewer.
  size_t dim = 0;                 ///< Components of a vector, at least 1.
};

/// Rows with their fields and blocks. A view: what it points at must outlive the call.
struct VectorRows {
  std::vector<VectorField> fields;       ///< At least one; all with the same number of rows.
  std::span<const uint32_t> block = {};  ///< [rows], or empty: one block.
  size_t rows = 0;                       ///< At most 2^32 - 1.
};

/// One row that a search found.
struct SearchHit {
  uint32_t row = 0;  ///< In the corpus.
  float score = 0;   ///< Mean cosine, in [-1, 1] but for rounding.
};

/// For each query its `top` best corpus rows, best first; equal scores by ascending row. A query
/// has fewer hits if its block holds fewer rows. Errors: INVALID_ARGUMENT also if the two sides
/// have other fields (number, dimensions), if only one of them has blocks, and for a `top` of 0; a
/// side without rows fits every other. CANCELLED by `stop`.
Result<std::vector<std::vector<SearchHit>>> SearchTop(const VectorRows& corpus,
                                                      const VectorRows& queries, size_t top,
                                                      int threads,
                                                      const std::stop_token& stop = {});

/// Two rows that are close to each other.
struct SimilarPair {
  uint32_t a = 0, b = 0;  ///< Row numbers; a < b.
  float score = 0;        ///< As SearchHit::score.
};

/// All pairs of rows with score >= threshold, ordered by (a, b). Errors: INVALID_ARGUMENT also for
/// a threshold that is NaN; RESOURCE_EXHAUSTED above `max_pairs`, saying the number and the remedy
/// (a higher threshold or a block); CANCELLED by `stop`. Memory: the pairs twice, 12 bytes each,
/// and at most 50 MB per thread.
///
///   auto pairs = vetor::PairsAbove(rows, 0.85F, 2, 1'000'000);
///   if (!pairs.ok()) return Fail(pairs.status());
///   const auto duplicates = vetor::GroupPairs(*pairs, rows.rows);
Result<std::vector<SimilarPair>> PairsAbove(const VectorRows& rows, float threshold, int threads,
                                            size_t max_pairs, const std::stop_token& stop = {});

/// Connected components of the pairs: groups of at least two rows, each ascending, ordered by first
/// row. One row belongs to at most one group. Errors: INVALID_ARGUMENT if a pair names a row that
/// is not below `rows`, and for more than 2^32 - 1 rows.
Result<std::vector<std::vector<uint32_t>>> GroupPairs(std::span<const SimilarPair> pairs,
                                                      size_t rows);

}  // namespace vetor
