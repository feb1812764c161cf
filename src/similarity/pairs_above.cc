#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <tuple>

#include "base/exceptions.h"
#include "base/status_macros.h"
#include "kernels/task_loop.h"
#include "similarity/row_blocks.h"
#include "similarity/row_checks.h"
#include "similarity/tile_sweep.h"
#include "vetor/similarity.h"

namespace vetor {
namespace {

// Collects the pairs of the upper triangle. Positions of one block ascend with row numbers, so a
// later position is a larger row.
struct PairVisitor {
  std::span<const uint32_t> order;
  float threshold;
  std::vector<SimilarPair>& found;

  bool Wants(size_t query, size_t row) const { return row > query; }

  void Visit(size_t query, size_t row, std::span<const float> scores) {
    const size_t skipped = query < row ? 0 : query + 1 - row;
    for (size_t i = skipped; i < scores.size(); ++i) {
      // False for NaN too: a damaged row is in no pair.
      if (scores[i] >= threshold) found.push_back({order[query], order[row + i], scores[i]});
    }
  }
};

// Rectangles that cover the upper triangle of every block.
std::vector<SweepTask> PlanPairs(const RowBlocks& blocks) {
  std::vector<SweepTask> tasks;
  for (const RowBlocks::Range& range : blocks.ranges) {
    if (range.end - range.begin < 2) continue;
    for (size_t query = range.begin; query < range.end; query += kTaskQueries) {
      for (size_t row = query; row < range.end; row += kTaskRows) {
        tasks.push_back({query, std::min(query + kTaskQueries, range.end), row,
                         std::min(row + kTaskRows, range.end)});
      }
    }
  }
  return tasks;
}

struct alignas(64) PairWorker {
  TileSweep sweep;
  std::vector<SimilarPair> found;  // of the current task
  std::vector<SimilarPair> kept;
};

std::vector<SimilarPair> Gather(std::vector<PairWorker>& workers, size_t total) {
  std::vector<SimilarPair> pairs;
  pairs.reserve(total);
  for (PairWorker& worker : workers) {
    pairs.insert(pairs.end(), worker.kept.begin(), worker.kept.end());
    std::vector<SimilarPair>().swap(worker.kept);
  }
  std::sort(pairs.begin(), pairs.end(), [](const SimilarPair& x, const SimilarPair& y) {
    return std::tie(x.a, x.b) < std::tie(y.a, y.b);
  });
  return pairs;
}

// As PairsAbove, of rows that were checked.
Result<std::vector<SimilarPair>> FindPairs(const VectorRows& rows, float threshold, int threads,
                                           size_t max_pairs, const std::stop_token& stop) {
  const RowBlocks blocks = SortByBlock(rows.block, rows.rows);
  const std::vector<SweepTask> tasks = PlanPairs(blocks);
  std::vector<PairWorker> workers;
  const size_t count = WorkerCount(tasks.size(), threads);
  workers.reserve(count);
  for (size_t i = 0; i < count; ++i) workers.push_back({TileSweep(rows, rows), {}, {}});

  std::atomic<size_t> total{0};
  RunTasks(tasks.size(), count, [&](size_t w, size_t t) {
    if (stop.stop_requested()) return;
    PairWorker& worker = workers[w];
    worker.found.clear();
    worker.sweep.Run(tasks[t], blocks.order, blocks.order,
                     PairVisitor{blocks.order, threshold, worker.found});
    if (total.fetch_add(worker.found.size()) + worker.found.size() <= max_pairs) {
      worker.kept.insert(worker.kept.end(), worker.found.begin(), worker.found.end());
    } else {
      // Too many: only the number still matters.
      std::vector<SimilarPair>().swap(worker.kept);
    }
  });
  if (stop.stop_requested()) return CancelledError("interrupted while comparing rows");
  if (total > max_pairs) {
    return ResourceExhaustedError(fmt::format(
        "{} pairs of {} rows score {} or more; the limit is {} pairs. Use a higher threshold, or "
        "compare only rows that agree on a field (a block)",
        total.load(), rows.rows, threshold, max_pairs));
  }
  return Gather(workers, total);
}

}  // namespace

Result<std::vector<SimilarPair>> PairsAbove(const VectorRows& rows, float threshold, int threads,
                                            size_t max_pairs, const std::stop_token& stop) {
  VETOR_RETURN_IF_ERROR(CheckRows(rows, "rows"));
  if (std::isnan(threshold)) {
    return InvalidArgumentError("the threshold is NaN; expected a cosine, -1 to 1");
  }
  return CatchExceptions([&] { return FindPairs(rows, threshold, threads, max_pairs, stop); });
}

}  // namespace vetor
