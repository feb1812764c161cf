// The one loop over tiles that SearchTop and PairsAbove share.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/product_tile.h"
#include "similarity/packed_rows.h"
#include "vetor/similarity.h"

namespace vetor {

/// A tile of the kernel.
inline constexpr size_t kTileQueries = kTileLeft;
inline constexpr size_t kTileRows = kTileRight<float>;

/// A rectangle of comparisons, in positions of the sorted queries and rows.
struct SweepTask {
  size_t query_begin = 0, query_end = 0;
  size_t row_begin = 0, row_end = 0;
};

/// The largest rectangle. 1,024 queries share one packing of a row: it costs as much as comparing
/// the row with 30 to 60 queries. 4,096 rows leave enough tasks to share out.
inline constexpr size_t kTaskQueries = 1024;
inline constexpr size_t kTaskRows = 4096;

/// Rows packed at a time: 128 rows of 384 components are 196 kB, in the second-level cache, from
/// where they meet all queries of the task.
inline constexpr size_t kPackedRows = 4 * kTileRows;

/// Scores rectangles; keeps its buffers between them. One object serves one thread.
class TileSweep {
 public:
  /// Both are borrowed. REQUIRES: the same number of fields, with equal dimensions.
  TileSweep(const VectorRows& queries, const VectorRows& rows)
      : queries_(queries),
        rows_(rows),
        depth_(Depth(rows)),
        scale_(1.0f / static_cast<float>(std::max<size_t>(1, rows.fields.size()))),
        packed_queries_(kTileQueries),
        packed_rows_(kTileRows) {}

  /// Scores query_order[task.query_begin..query_end) with row_order[task.row_begin..row_end).
  /// Asks visitor.Wants(query position, row position) with the first query and the last row of a
  /// tile, and for the tiles it wants calls visitor.Visit(query position, first row position,
  /// scores) once per query; rows of one query come in ascending positions.
  template <typename Visitor>
  void Run(const SweepTask& task, std::span<const uint32_t> query_order,
           std::span<const uint32_t> row_order, Visitor&& visitor) {
    packed_queries_.Pack(queries_,
                         query_order.subspan(task.query_begin, task.query_end - task.query_begin));
    for (size_t begin = task.row_begin; begin < task.row_end; begin += kPackedRows) {
      const size_t end = std::min(begin + kPackedRows, task.row_end);
      packed_rows_.Pack(rows_, row_order.subspan(begin, end - begin));
      for (size_t panel = 0; panel < packed_queries_.panels(); ++panel) {
        const size_t query = task.query_begin + panel * kTileQueries;
        const size_t query_end = std::min(query + kTileQueries, task.query_end);
        ScorePanel({query, query_end, begin, end}, packed_queries_.Panel(panel), visitor);
      }
    }
  }

 private:
  // One panel of queries with the rows that are packed now.
  template <typename Visitor>
  void ScorePanel(const SweepTask& part, const float* queries, Visitor&& visitor) {
    for (size_t panel = 0; panel < packed_rows_.panels(); ++panel) {
      const size_t row = part.row_begin + panel * kTileRows;
      const size_t count = std::min(kTileRows, part.row_end - row);
      if (!visitor.Wants(part.query_begin, row + count - 1)) continue;
      kernel_(queries, packed_rows_.Panel(panel), depth_, scale_, scores_.data());
      for (size_t query = part.query_begin; query < part.query_end; ++query) {
        const float* scores = scores_.data() + (query - part.query_begin) * kTileRows;
        visitor.Visit(query, row, std::span(scores, count));
      }
    }
  }

  const VectorRows& queries_;
  const VectorRows& rows_;
  size_t depth_;
  float scale_;  // the mean over fields
  ProductTile<float> kernel_ = SupportedProductKernels().front().floats;
  PackedRows packed_queries_;
  PackedRows packed_rows_;
  alignas(64) std::array<float, kTileQueries * kTileRows> scores_{};
};

}  // namespace vetor
