// Makes random rows, and computes what a plain double-precision loop says about them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "vetor/similarity.h"

namespace vetor {

/// Owns the values that VectorRows borrows.
struct OwnedRows {
  std::vector<std::vector<float>> fields;
  std::vector<size_t> dims;
  std::vector<uint32_t> block;
  size_t rows = 0;

  VectorRows view() const;
};

/// The shape of the rows to draw. If `blocks` is 0, there is no blocking.
struct RowShape {
  size_t rows = 0;
  std::vector<size_t> dims = {8};
  uint32_t blocks = 0;
};

/// Small whole numbers over 8: every sum of products is exact in float32 in any order. So results
/// must equal the reference to the bit, and equal scores are frequent.
OwnedRows ExactRows(const RowShape& shape, std::mt19937* random);

/// Unit vectors with Gaussian directions.
OwnedRows UnitRows(const RowShape& shape, std::mt19937* random);

/// The mean over fields of the dot products, in double.
double ReferenceScore(const OwnedRows& x, size_t row_of_x, const OwnedRows& y, size_t row_of_y);

/// The definition, one comparison after another, with scores rounded to float32.
std::vector<std::vector<SearchHit>> ReferenceSearch(const OwnedRows& corpus,
                                                    const OwnedRows& queries, size_t top);
std::vector<SimilarPair> ReferencePairs(const OwnedRows& rows, float threshold);

}  // namespace vetor
