// Changes the database: the one writing connection.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <vector>

#include "cache/cache_key.h"
#include "cache/disk_format.h"
#include "cache/sqlite_connection.h"

namespace vetor {

/// What waits to be written.
struct WriteBatch {
  struct Row {
    CacheKey key;
    int64_t stamp = 0;  ///< Unix seconds.
  };
  struct Damaged {
    CacheKey key;
    int64_t id = 0;
  };
  std::vector<Row> rows;
  std::vector<float> values;      ///< [rows, dim]
  std::vector<CacheKey> touched;  ///< Used again: to become the youngest.
  std::vector<Damaged> damaged;   ///< Found with a wrong checksum: to be removed.

  bool empty() const { return rows.empty() && touched.empty() && damaged.empty(); }
};

/// The part of a batch that one transaction writes.
struct WriteSlice {
  size_t first_row = 0;
  size_t rows = 0;
  size_t first_touched = 0;
  size_t touched = 0;
};

/// One thread at a time. Errors of all calls: those of SqliteConnection; a failed call changed
/// nothing.
class DiskWriter {
 public:
  struct Options {
    int64_t max_bytes = 0;      ///< Bound of database and log together; at least kMinBytes.
    size_t dim = 0;             ///< Of the vectors that will be written; those stored may differ.
    std::stop_token stop = {};  ///< Ends a call in the middle with CANCELLED.
  };
  static constexpr int64_t kMinBytes = 1 << 20;

  static Result<std::unique_ptr<DiskWriter>> Open(const DiskPaths& paths, const Options& options);

  /// In one transaction: removes what is damaged (with a slice that begins at 0), moves what was
  /// touched, writes the rows, and evicts the least recently used to make room. Returns how many
  /// were evicted. REQUIRES: slice.rows + slice.touched <= rows_per_commit().
  Result<int64_t> Write(const WriteBatch& batch, const WriteSlice& slice);

  /// Removes up to rows_per_commit() rows at the least recently used end whose stamp lies outside
  /// [oldest, newest]. Returns how many; fewer means the end is clean. An expired row that was used
  /// late stays until the end reaches it, at most twice its time to live, and is never served.
  Result<int64_t> Sweep(int64_t oldest, int64_t newest);

  /// One small step towards the bound and towards at most `free_pages` unused pages: evicts up to
  /// rows_per_commit() rows or gives up to 256 pages back to the file system. Adds to *evicted;
  /// true: call again. Always ends: false where a step brought nothing.
  Result<bool> Shrink(int64_t free_pages, int64_t* evicted);

  /// Removes the row `id`.
  Status Remove(const WriteBatch::Damaged& row);

  /// 256, or fewer where their log would not fit a small `max_bytes`.
  size_t rows_per_commit() const { return rows_per_commit_; }

  /// Rows with a smaller id are worth a touch when used: the older half, once the cache is more
  /// than half full. Before that recency costs no write at all.
  int64_t touch_below() const { return touch_below_; }

  /// Counts quarters of the cache that were written since it was half full; a vector in memory that
  /// is used two quarters after its last mark is worth a touch.
  uint32_t epoch() const { return epoch_; }

  /// Unused pages that are left to be used again rather than given back.
  Result<int64_t> ReasonableFreePages();

 private:
  struct Pages {
    int64_t total = 0;
    int64_t free = 0;
  };

  DiskWriter(SqliteConnection connection, const DiskPaths& paths, const Options& options);
  Status Prepare();
  Result<int64_t> WriteParts(const WriteBatch& batch, const WriteSlice& slice);
  Result<int64_t> MakeRoom(int64_t pages);
  Status InsertRow(const WriteBatch::Row& row, std::span<const float> vector);
  Result<int64_t> Evict(int64_t rows);
  Result<Pages> CountPages();
  Status Commit(Status status);
  Status BoundLog();
  Status UpdateRecency();
  int64_t PagesFor(int64_t rows) const;

  SqliteConnection connection_;
  const std::filesystem::path log_path_;
  const size_t dim_;
  int64_t max_pages_ = 0;
  int64_t log_bytes_ = 0;
  size_t rows_per_commit_ = 1;
  int64_t next_id_ = 1;
  int64_t touch_below_ = 0;
  int64_t young_from_ = 0;  // Ids of the youngest eighth: not worth another touch.
  bool vacuumed_ = false;   // The file is to be cut at the next checkpoint.
  uint32_t epoch_ = 0;
  int64_t epoch_end_ = 0;
  std::vector<uint8_t> stored_;  // `v` of the row being written.
  SqliteStatement begin_, commit_, rollback_, insert_, touch_, remove_, evict_, ends_, page_count_,
      freelist_count_, oldest_rows_, delete_up_to_;
};

}  // namespace vetor
