#include "tests/similarity/random_rows.h"

#include <algorithm>
#include <cmath>

namespace vetor {
namespace {

template <typename Draw>
OwnedRows DrawRows(const RowShape& shape, std::mt19937* random, Draw draw) {
  OwnedRows owned;
  owned.rows = shape.rows;
  owned.dims = shape.dims;
  for (size_t dim : shape.dims) {
    std::vector<float>& field = owned.fields.emplace_back(shape.rows * dim);
    for (float& value : field) value = draw();
  }
  if (shape.blocks > 0) {
    std::uniform_int_distribution<uint32_t> any(0, shape.blocks - 1);
    // The numbers are far apart and do not begin at 0, because a block is a name and not an index.
    for (size_t row = 0; row < shape.rows; ++row) {
      owned.block.push_back(4'000'000'000u - 1'000'003u * any(*random));
    }
  }
  return owned;
}

bool Compare(const OwnedRows& x, size_t row_of_x, const OwnedRows& y, size_t row_of_y) {
  return x.block.empty() || x.block[row_of_x] == y.block[row_of_y];
}

}  // namespace

VectorRows OwnedRows::view() const {
  VectorRows view;
  for (size_t i = 0; i < fields.size(); ++i) view.fields.push_back({fields[i], dims[i]});
  view.block = block;
  view.rows = rows;
  return view;
}

OwnedRows ExactRows(const RowShape& shape, std::mt19937* random) {
  std::uniform_int_distribution<int> any(-2, 2);
  return DrawRows(shape, random, [&] { return static_cast<float>(any(*random)) / 8; });
}

OwnedRows UnitRows(const RowShape& shape, std::mt19937* random) {
  std::normal_distribution<float> normal;
  OwnedRows owned = DrawRows(shape, random, [&] { return normal(*random); });
  for (size_t i = 0; i < owned.fields.size(); ++i) {
    const size_t dim = owned.dims[i];
    for (size_t row = 0; row < owned.rows; ++row) {
      float* begin = owned.fields[i].data() + row * dim;
      double squares = 0;
      for (size_t k = 0; k < dim; ++k) squares += double{begin[k]} * begin[k];
      const auto scale = static_cast<float>(1 / std::sqrt(squares));
      for (size_t k = 0; k < dim; ++k) begin[k] *= scale;
    }
  }
  return owned;
}

double ReferenceScore(const OwnedRows& x, size_t row_of_x, const OwnedRows& y, size_t row_of_y) {
  double sum = 0;
  for (size_t i = 0; i < x.fields.size(); ++i) {
    const size_t dim = x.dims[i];
    for (size_t k = 0; k < dim; ++k) {
      sum += double{x.fields[i][row_of_x * dim + k]} * y.fields[i][row_of_y * dim + k];
    }
  }
  return sum / static_cast<double>(x.fields.size());
}

std::vector<std::vector<SearchHit>> ReferenceSearch(const OwnedRows& corpus,
                                                    const OwnedRows& queries, size_t top) {
  std::vector<std::vector<SearchHit>> results(queries.rows);
  for (size_t query = 0; query < queries.rows; ++query) {
    std::vector<SearchHit>& hits = results[query];
    for (uint32_t row = 0; row < corpus.rows; ++row) {
      if (!Compare(queries, query, corpus, row)) continue;
      hits.push_back({row, static_cast<float>(ReferenceScore(queries, query, corpus, row))});
    }
    std::stable_sort(hits.begin(), hits.end(),
                     [](const SearchHit& a, const SearchHit& b) { return a.score > b.score; });
    if (hits.size() > top) hits.resize(top);
  }
  return results;
}

std::vector<SimilarPair> ReferencePairs(const OwnedRows& rows, float threshold) {
  std::vector<SimilarPair> pairs;
  for (uint32_t a = 0; a < rows.rows; ++a) {
    for (uint32_t b = a + 1; b < rows.rows; ++b) {
      if (!Compare(rows, a, rows, b)) continue;
      const auto score = static_cast<float>(ReferenceScore(rows, a, rows, b));
      if (score >= threshold) pairs.push_back({a, b, score});
    }
  }
  return pairs;
}

}  // namespace vetor
