#include <algorithm>
#include <limits>
#include <utility>

#include "base/exceptions.h"
#include "base/status_macros.h"
#include "base/thread_annotations.h"
#include "kernels/task_loop.h"
#include "similarity/row_blocks.h"
#include "similarity/row_checks.h"
#include "similarity/tile_sweep.h"
#include "vetor/similarity.h"

namespace vetor {
namespace {

bool IsBetter(const SearchHit& a, const SearchHit& b) {
  return a.score != b.score ? a.score > b.score : a.row < b.row;
}

// The best hits of one query so far: a heap with the worst in front.
class TopHits {
 public:
  void Clear() { hits_.clear(); }

  // The least score that matters.
  float bar(size_t top) const {
    return hits_.size() < top ? -std::numeric_limits<float>::infinity() : hits_.front().score;
  }

  void Offer(const SearchHit& hit, size_t top) {
    if (hits_.size() == top) {
      if (!IsBetter(hit, hits_.front())) return;
      std::pop_heap(hits_.begin(), hits_.end(), IsBetter);
      hits_.back() = hit;
    } else {
      hits_.push_back(hit);
    }
    std::push_heap(hits_.begin(), hits_.end(), IsBetter);
  }

  const std::vector<SearchHit>& hits() const { return hits_; }

  std::vector<SearchHit> TakeSorted() {
    std::sort(hits_.begin(), hits_.end(), IsBetter);
    return std::move(hits_);
  }

 private:
  std::vector<SearchHit> hits_;
};

// The best hits of all queries. The order of hits is total, so the order of merging cannot show.
class BestHits {
 public:
  BestHits(size_t queries, size_t top) : top_(top), best_(queries) {}

  void Merge(std::span<const uint32_t> queries, const std::vector<TopHits>& found)
      VETOR_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    for (size_t i = 0; i < queries.size(); ++i) {
      for (const SearchHit& hit : found[i].hits()) best_[queries[i]].Offer(hit, top_);
    }
  }

  std::vector<std::vector<SearchHit>> Take() VETOR_EXCLUDES(mutex_) {
    MutexLock lock(&mutex_);
    std::vector<std::vector<SearchHit>> sorted;
    sorted.reserve(best_.size());
    for (TopHits& hits : best_) sorted.push_back(hits.TakeSorted());
    return sorted;
  }

 private:
  const size_t top_;
  Mutex mutex_;
  std::vector<TopHits> best_ VETOR_GUARDED_BY(mutex_);
};

// Collects one task's hits without locks.
struct HitVisitor {
  std::span<const uint32_t> row_order;
  size_t first_query;
  size_t top;
  std::vector<TopHits>& found;

  bool Wants(size_t, size_t) const { return true; }

  void Visit(size_t query, size_t row, std::span<const float> scores) {
    TopHits& hits = found[query - first_query];
    const float bar = hits.bar(top);
    for (size_t i = 0; i < scores.size(); ++i) {
      // False for NaN too: a damaged row is in no hit.
      if (scores[i] >= bar) hits.Offer({row_order[row + i], scores[i]}, top);
    }
  }
};

// Rectangles that cover every pair of a query and a row of equal block.
std::vector<SweepTask> PlanSearch(const RowBlocks& queries, const RowBlocks& rows) {
  std::vector<SweepTask> tasks;
  size_t r = 0;
  for (const RowBlocks::Range& q : queries.ranges) {
    while (r < rows.ranges.size() && rows.ranges[r].block < q.block) ++r;
    if (r == rows.ranges.size()) break;
    const RowBlocks::Range& range = rows.ranges[r];
    if (range.block != q.block) continue;
    for (size_t row = range.begin; row < range.end; row += kTaskRows) {
      for (size_t query = q.begin; query < q.end; query += kTaskQueries) {
        tasks.push_back({query, std::min(query + kTaskQueries, q.end), row,
                         std::min(row + kTaskRows, range.end)});
      }
    }
  }
  return tasks;
}

struct alignas(64) SearchWorker {
  TileSweep sweep;
  std::vector<TopHits> found;
};

// As SearchTop, of rows that were checked.
Result<std::vector<std::vector<SearchHit>>> FindHits(const VectorRows& corpus,
                                                     const VectorRows& queries, size_t top,
                                                     int threads, const std::stop_token& stop) {
  const RowBlocks query_blocks = SortByBlock(queries.block, queries.rows);
  const RowBlocks row_blocks = SortByBlock(corpus.block, corpus.rows);
  const std::vector<SweepTask> tasks = PlanSearch(query_blocks, row_blocks);

  std::vector<SearchWorker> workers;
  const size_t count = WorkerCount(tasks.size(), threads);
  workers.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    workers.push_back({TileSweep(queries, corpus), std::vector<TopHits>(kTaskQueries)});
  }

  BestHits best(queries.rows, top);
  RunTasks(tasks.size(), count, [&](size_t w, size_t t) {
    if (stop.stop_requested()) return;
    const SweepTask& task = tasks[t];
    SearchWorker& worker = workers[w];
    for (size_t i = 0; i < task.query_end - task.query_begin; ++i) worker.found[i].Clear();
    worker.sweep.Run(task, query_blocks.order, row_blocks.order,
                     HitVisitor{row_blocks.order, task.query_begin, top, worker.found});
    best.Merge(query_blocks.Rows(task.query_begin, task.query_end), worker.found);
  });
  if (stop.stop_requested()) return CancelledError("interrupted while comparing rows");
  return best.Take();
}

}  // namespace

Result<std::vector<std::vector<SearchHit>>> SearchTop(const VectorRows& corpus,
                                                      const VectorRows& queries, size_t top,
                                                      int threads, const std::stop_token& stop) {
  VETOR_RETURN_IF_ERROR(CheckRows(corpus, "corpus"));
  VETOR_RETURN_IF_ERROR(CheckRows(queries, "queries"));
  VETOR_RETURN_IF_ERROR(CheckSidesFit(corpus, queries));
  if (top == 0) return InvalidArgumentError("top is 0; expected at least 1");
  return CatchExceptions([&] { return FindHits(corpus, queries, top, threads, stop); });
}

}  // namespace vetor
