// How right search and dedupe are where the truth is known, beside what their blocking alone would
// give, so that no figure flatters. Pure functions; nothing here reads or prints.
//
// Truths and blocks are numbers, equal where the texts they stand for are equal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "vetor/similarity.h"

namespace vetor::cli {

/// Rows that are compared only within a block and belong together where the truth is the same.
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

/// `hits` has a list a query; `top` is how many were asked for.
SearchAccuracy MeasureSearch(std::span<const std::vector<SearchHit>> hits,
                             const LabelledRows& corpus, const LabelledRows& queries, size_t top);

/// Pairs said to belong together against pairs that do.
struct PairAccuracy {
  uint64_t said = 0;   ///< Pairs that were put together.
  uint64_t right = 0;  ///< Of these, pairs that belong together.
  uint64_t truth = 0;  ///< Pairs that belong together, put together or not.

  double precision() const;  ///< right / said; 1 where nothing was said.
  double recall() const;     ///< right / truth; 1 where there is nothing to find.
  double f1() const;         ///< Their harmonic mean.
};

/// Every pair of a block.
PairAccuracy MeasureBlocks(const LabelledRows& rows);
/// The pairs with score >= threshold.
PairAccuracy MeasurePairs(std::span<const SimilarPair> pairs, float threshold,
                          const LabelledRows& rows);
/// Every pair of a group: joining a-b and b-c also puts a and c together.
PairAccuracy MeasureGroups(std::span<const std::vector<uint32_t>> groups, const LabelledRows& rows);

struct BestThreshold {
  float threshold = 1;
  PairAccuracy accuracy;
};

/// The threshold, in steps of 0.001, with the highest F1 over `pairs` (all that score at least
/// some floor); the higher one of equals.
BestThreshold FindBestThreshold(std::span<const SimilarPair> pairs, const LabelledRows& rows);

}  // namespace vetor::cli
