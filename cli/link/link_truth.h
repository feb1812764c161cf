// Measures how right search and dedupe are if the truth is known, beside what their blocking alone
// would give, so that no figure flatters. Pure functions; nothing here reads or prints.
//
// Truths and blocks are numbers, equal exactly if the texts that they stand for are equal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vetor/similarity.h"

namespace vetor::cli {

/// Rows that are compared only within a block, and belong together if their truths are equal.
struct LabelledRows {
  std::span<const uint32_t> block;  ///< [rows], or empty: one block.
  std::span<const uint32_t> truth;  ///< [rows]
};

struct SearchAccuracy {
  size_t queries = 0;
  std::vector<double> found;   ///< [k-1]: share of queries with a right row among the first k hits.
  std::vector<double> chance;  ///< [k-1]: the same for k rows drawn at random from the block.
  double possible = 0;         ///< Share of queries that have a right row in their block at all.
};

/// `hits` has one list per query; `top` is the number of hits that were asked for.
SearchAccuracy MeasureSearch(std::span<const std::vector<SearchHit>> hits,
                             const LabelledRows& corpus, const LabelledRows& queries, size_t top);

/// The pairs that were predicted to belong together, against the pairs that do.
struct PairAccuracy {
  uint64_t said = 0;   ///< Pairs that were put together.
  uint64_t right = 0;  ///< Of these, pairs that belong together.
  uint64_t truth = 0;  ///< Pairs that belong together, put together or not.

  double precision() const;  ///< right / said; 1 if no pair was put together.
  double recall() const;     ///< right / truth; 1 if there is no pair to find.
  double f1() const;         ///< Their harmonic mean.
};

/// Counts every pair of a block as put together.
PairAccuracy MeasureBlocks(const LabelledRows& rows);
/// Counts the pairs with score >= threshold.
PairAccuracy MeasurePairs(std::span<const SimilarPair> pairs, float threshold,
                          const LabelledRows& rows);
/// Counts every pair of a group: joining a-b and b-c also puts a and c together.
PairAccuracy MeasureGroups(std::span<const std::vector<uint32_t>> groups, const LabelledRows& rows);

struct BestThreshold {
  float threshold = 1;
  PairAccuracy accuracy;
};

/// The threshold, in steps of 0.001, with the highest F1 over `pairs` (all pairs whose score is at
/// least some floor); of several such thresholds the highest.
BestThreshold FindBestThreshold(std::span<const SimilarPair> pairs, const LabelledRows& rows);

}  // namespace vetor::cli
