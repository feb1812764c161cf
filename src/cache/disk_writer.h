// The one writing connection: it makes all changes of the database.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

#include "cache/cache_key.h"
#include "cache/disk_format.h"
#include "cache/record.h"
#include "cache/sqlite_connection.h"
#include "cache/vector_space.h"

namespace vetor {

/// Records and marks that wait to be written.
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
  RecordList records;             ///< [rows]
  std::vector<CacheKey> touched;  ///< Keys that were used again; they become the youngest.
  std::vector<Damaged> damaged;   ///< Rows found with a wrong checksum, which are to be removed.

  bool empty() const { return rows.empty() && touched.empty() && damaged.empty(); }
};

/// The part of a batch that one transaction writes.
struct WriteSlice {
  size_t first_row = 0;
  size_t rows = 0;
  size_t first_touched = 0;
  size_t touched = 0;
};

/// Used by one thread at a time. Errors of all calls: those of SqliteConnection; a failed call has
/// changed nothing.
class DiskWriter {
 public:
  struct Options {
    int64_t max_bytes = 0;      ///< Bound of database and log together, at least kMinBytes.
    VectorSpace space = {};     ///< The vector space of the rows that will be written.
    int64_t now_seconds = 0;    ///< The time at which the space is used, in Unix seconds.
    uint32_t epoch = 0;         ///< The epoch from which this writer counts on.
    std::stop_token stop = {};  ///< Ends a call in the middle with CANCELLED.
  };
  static constexpr int64_t kMinBytes = 1 << 20;
  /// Records with a larger payload must not be written: an eighth of the database.
  static size_t MostPayloadBytes(int64_t max_bytes);

  static Result<std::unique_ptr<DiskWriter>> Open(const DiskPaths& paths, const Options& options);

  /// Closing will not copy the log into the database, because the database will be opened again.
  void KeepLogOnClose() { connection_.KeepLogOnClose(); }

  /// The part of the batch after `done` that the next transaction writes: at most 256 rows and
  /// marks, fewer if their log would not fit a small `max_bytes`.
  WriteSlice NextSlice(const WriteBatch& batch, const WriteSlice& done) const;

  /// In one transaction: removes damaged rows (with a slice that begins at 0), moves touched ones,
  /// writes the new rows, and evicts the least recently used to make room. Returns how many were
  /// evicted.
  Result<int64_t> Write(const WriteBatch& batch, const WriteSlice& slice);

  /// Removes up to 256 rows at the least recently used end whose stamp lies outside [oldest,
  /// newest]; false once the end is clean. An expired row that was used late stays until the end
  /// reaches it, at most twice its time to live, and is never served.
  Result<bool> Sweep(int64_t oldest, int64_t newest);

  /// One small step towards the bound and towards at most `free_pages` unused pages: evicts up to
  /// 256 rows or gives up to 256 pages back to the file system. Adds to *evicted; true: call again.
  /// Always ends: false if a step changed nothing.
  Result<bool> Shrink(int64_t free_pages, int64_t* evicted);

  /// Removes the vector spaces without entries that were not used since `oldest` (Unix seconds).
  /// Reads the index.
  Status ForgetUnusedSpaces(int64_t oldest);

  /// Removes the damaged row.
  Status Remove(const WriteBatch::Damaged& row);

  /// A row with a smaller id is worth a touch when it is used: these are the older half, once the
  /// cache is more than half full. Until then, keeping recency costs no write at all.
  int64_t touch_below() const { return touch_below_; }

  /// Counts the quarters of the cache that were written since it was half full. A record in memory
  /// that is used two quarters after its last mark is worth a touch.
  uint32_t epoch() const { return epoch_; }

  /// How many unused pages stay in the file, to be used again.
  Result<int64_t> ReasonableFreePages();

 private:
  struct Pages {
    int64_t total = 0;
    int64_t free = 0;
  };
  struct Deleted {
    int64_t rows = 0;
    bool enough = false;  // True if nothing is left to be deleted.
  };
  using Enough = std::function<bool(int64_t stamp, int64_t pages24)>;
  // The row of `s` for space_. Number 0: it does not exist yet.
  struct SpaceUse {
    int64_t number = 0;
    int64_t last = 0;
  };

  DiskWriter(SqliteConnection connection, const DiskPaths& paths, const Options& options);
  Status Prepare();
  Status FindSpace(int64_t now_seconds);
  Status UseSpace(int64_t now_seconds);
  Status WriteParts(const WriteBatch& batch, const WriteSlice& slice, int64_t* evicted);
  Status MakeRoom(int64_t pages, int64_t* evicted);
  Status InsertRow(const WriteBatch::Row& row, const Record& record);
  Status Evict(int64_t pages, int64_t* evicted);
  Result<Deleted> DeleteOldest(const Enough& enough);
  Result<Pages> CountPages();
  Status Commit(Status status);
  Status BoundLog();
  Status UpdateRecency();

  SqliteConnection connection_;
  const std::filesystem::path log_path_;
  const VectorSpace space_;
  SpaceUse space_use_;
  int64_t max_pages_ = 0;
  int64_t log_bytes_ = 0;
  int64_t usual_row_bytes_ = 0;  // The size of the latest rows, or a guess before any was seen.
  int64_t next_id_ = 1;
  int64_t touch_below_ = 0;
  // Ids from here on are the youngest eighth, which is not worth another touch.
  int64_t young_from_ = 0;
  bool vacuumed_ = false;  // The next checkpoint is to cut the file.
  uint32_t epoch_ = 0;
  int64_t epoch_end_ = 0;
  std::vector<uint8_t> stored_;  // Column `v` of the row that is being written.
  SqliteStatement begin_, commit_, rollback_, drop_, insert_, touch_, remove_, ends_, page_count_,
      freelist_count_, oldest_rows_, delete_up_to_, find_space_, add_space_, use_space_,
      forget_spaces_;
};

}  // namespace vetor
