#include "cache/disk_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/new_file.h"
#include "base/status_macros.h"

namespace vetor {
namespace {

constexpr int64_t kMaxRowsPerCommit = 256;
constexpr int64_t kStepPages = 256;
constexpr int kWriterCacheKib = 65536;
constexpr int kMaxCheckpointPages = 1000;
constexpr int64_t kMaxLogBytes = 8 << 20;
constexpr int64_t kMinEpochRows = 64;
// Cell and record headers, rowid, key and stamp of a row of `e`.
constexpr int64_t kRowOverheadBytes = 40;

// Pages that `bytes` of one row fill, in units of 1/24 page so that several rows share one.
// https://www.sqlite.org/fileformat.html section 1.6: above U - 35 bytes a row spills.
int64_t RowPages24(int64_t bytes) {
  if (bytes <= kPageBytes - 35) return 24 / std::clamp<int64_t>((kPageBytes - 8) / bytes, 1, 24);
  return 24 * (1 + bytes / (kPageBytes - 4) + 1);
}

int64_t LogBytesFor(int64_t max_bytes) { return std::min(kMaxLogBytes, max_bytes / 4); }

int CheckpointPagesFor(int64_t log_bytes) {
  return static_cast<int>(std::clamp<int64_t>(log_bytes / 2 / kPageBytes, 8, kMaxCheckpointPages));
}

}  // namespace

Result<std::unique_ptr<DiskWriter>> DiskWriter::Open(const DiskPaths& paths,
                                                     const Options& options) {
  const int checkpoint_pages = CheckpointPagesFor(LogBytesFor(options.max_bytes));
  VETOR_RETURN_IF_ERROR(MakeFileIfAbsent(paths.database));
  VETOR_ASSIGN_OR_RETURN(SqliteConnection connection,
                         SqliteConnection::Open(paths.database, {.access = SqliteAccess::kWrite,
                                                                 .cache_kib = kWriterCacheKib,
                                                                 .stop = options.stop}));
  VETOR_RETURN_IF_ERROR(PrepareTables(&connection, checkpoint_pages));
  std::unique_ptr<DiskWriter> writer(new DiskWriter(std::move(connection), paths, options));
  VETOR_RETURN_IF_ERROR(writer->Prepare());
  VETOR_RETURN_IF_ERROR(writer->UpdateRecency());
  return writer;
}

DiskWriter::DiskWriter(SqliteConnection connection, const DiskPaths& paths, const Options& options)
    : connection_(std::move(connection)),
      log_path_(paths.log),
      dim_(options.dim),
      log_bytes_(LogBytesFor(options.max_bytes)),
      stored_(StoredBytes(options.dim)) {
  max_pages_ = (options.max_bytes - log_bytes_) / kPageBytes;
  // A row dirties its own page and one of the index, and so does the row it evicts. A commit may
  // fill half of the log, the other half is the checkpoint's mark.
  const int64_t logged =
      2 * kPageBytes * (RowPages24(static_cast<int64_t>(stored_.size()) + kRowOverheadBytes) + 24) /
      24;
  rows_per_commit_ =
      static_cast<size_t>(std::clamp<int64_t>(log_bytes_ / 2 / logged, 1, kMaxRowsPerCommit));
}

Status DiskWriter::Prepare() {
  const auto prepare = [this](SqliteStatement* statement, std::string_view sql) -> Status {
    VETOR_ASSIGN_OR_RETURN(*statement, connection_.Prepare(sql));
    return Status();
  };
  VETOR_RETURN_IF_ERROR(prepare(&begin_, "BEGIN IMMEDIATE"));
  VETOR_RETURN_IF_ERROR(prepare(&commit_, "COMMIT"));
  VETOR_RETURN_IF_ERROR(prepare(&rollback_, "ROLLBACK"));
  VETOR_RETURN_IF_ERROR(
      prepare(&insert_, "INSERT OR REPLACE INTO e(id, k, t, v) VALUES(?1, ?2, ?3, ?4)"));
  VETOR_RETURN_IF_ERROR(prepare(&touch_, "UPDATE e SET id=?1 WHERE k=?2 AND id<?3"));
  VETOR_RETURN_IF_ERROR(prepare(&remove_,
                                "DELETE FROM e WHERE id=?2 AND "
                                "(k=?1 OR typeof(k)<>'blob' OR length(k)<>length(?1))"));
  VETOR_RETURN_IF_ERROR(prepare(&evict_,
                                "DELETE FROM e WHERE id <= "
                                "(SELECT max(id) FROM (SELECT id FROM e ORDER BY id LIMIT ?1))"));
  VETOR_RETURN_IF_ERROR(prepare(&ends_, "SELECT (SELECT min(id) FROM e), (SELECT max(id) FROM e)"));
  VETOR_RETURN_IF_ERROR(prepare(&page_count_, "PRAGMA page_count"));
  VETOR_RETURN_IF_ERROR(prepare(&freelist_count_, "PRAGMA freelist_count"));
  VETOR_RETURN_IF_ERROR(prepare(&oldest_rows_, "SELECT id, t FROM e ORDER BY id LIMIT ?1"));
  return prepare(&delete_up_to_, "DELETE FROM e WHERE id <= ?1");
}

int64_t DiskWriter::PagesFor(int64_t rows) const {
  const int64_t data = rows * RowPages24(static_cast<int64_t>(stored_.size()) + kRowOverheadBytes);
  // An index entry takes 27 bytes and leaves are two thirds full: 100 to a page. A third more for
  // the pages above, and slack for splits.
  return data / 24 + rows / 64 + 16;
}

Result<DiskWriter::Pages> DiskWriter::CountPages() {
  Pages pages;
  const bool counted = page_count_.Step() == SQLITE_ROW && freelist_count_.Step() == SQLITE_ROW;
  if (counted) pages = {page_count_.Int(0), freelist_count_.Int(0)};
  const Status status = counted ? Status() : connection_.Error("cannot count the pages of");
  page_count_.Reset();
  freelist_count_.Reset();
  if (!status.ok()) return status;
  return pages;
}

// Ends the transaction: commits if `status` is OK, else rolls back and passes it on.
Status DiskWriter::Commit(Status status) {
  if (status.ok()) status = connection_.Check(commit_.Run(), "cannot commit to");
  // A failed COMMIT may leave the transaction open, a failed statement may have ended it.
  if (!status.ok() && connection_.in_transaction()) rollback_.Run();
  return status;
}

Result<int64_t> DiskWriter::Write(const WriteBatch& batch, const WriteSlice& slice) {
  connection_.AllowSteps(SqliteConnection::kUsualSteps);
  VETOR_RETURN_IF_ERROR(connection_.Check(begin_.Run(), "cannot begin to write to"));
  const int64_t next_id = next_id_;
  Result<int64_t> evicted = WriteParts(batch, slice);
  const Status status = Commit(evicted.ok() ? Status() : evicted.status());
  if (!status.ok()) {
    next_id_ = next_id;
    return status;
  }
  VETOR_RETURN_IF_ERROR(BoundLog());
  VETOR_RETURN_IF_ERROR(UpdateRecency());
  return evicted;
}

Result<int64_t> DiskWriter::WriteParts(const WriteBatch& batch, const WriteSlice& slice) {
  if (slice.first_row == 0 && slice.first_touched == 0) {
    for (const WriteBatch::Damaged& row : batch.damaged) VETOR_RETURN_IF_ERROR(Remove(row));
  }
  VETOR_ASSIGN_OR_RETURN(const int64_t evicted,
                         MakeRoom(PagesFor(static_cast<int64_t>(slice.rows + slice.touched))));
  const std::span<const CacheKey> touched(batch.touched);
  for (const CacheKey& key : touched.subspan(slice.first_touched, slice.touched)) {
    touch_.BindInt(1, next_id_);
    touch_.BindBlob(2, key.bytes);
    touch_.BindInt(3, young_from_);
    VETOR_RETURN_IF_ERROR(connection_.Check(touch_.Run(), "cannot update"));
    next_id_ += connection_.changes();
  }
  const std::span<const float> values(batch.values);
  for (size_t i = slice.first_row; i < slice.first_row + slice.rows; ++i) {
    VETOR_RETURN_IF_ERROR(InsertRow(batch.rows[i], values.subspan(i * dim_, dim_)));
  }
  return evicted;
}

Status DiskWriter::InsertRow(const WriteBatch::Row& row, std::span<const float> vector) {
  EncodeStored(row.key, row.stamp, vector, stored_);
  insert_.BindInt(1, next_id_);
  insert_.BindBlob(2, row.key.bytes);
  insert_.BindInt(3, row.stamp);
  insert_.BindBlob(4, stored_);
  VETOR_RETURN_IF_ERROR(connection_.Check(insert_.Run(), "cannot insert into"));
  ++next_id_;
  return Status();
}

Status DiskWriter::Remove(const WriteBatch::Damaged& row) {
  remove_.BindBlob(1, row.key.bytes);
  remove_.BindInt(2, row.id);
  return connection_.Check(remove_.Run(), "cannot delete from");
}

Result<int64_t> DiskWriter::Evict(int64_t rows) {
  evict_.BindInt(1, std::clamp<int64_t>(rows, 1, static_cast<int64_t>(rows_per_commit_)));
  VETOR_RETURN_IF_ERROR(connection_.Check(evict_.Run(), "cannot evict from"));
  return connection_.changes();
}

// Evicts until `pages` more fit under the bound, counting pages that are free inside the file.
Result<int64_t> DiskWriter::MakeRoom(int64_t pages) {
  int64_t evicted = 0;
  while (true) {
    VETOR_ASSIGN_OR_RETURN(const Pages now, CountPages());
    const int64_t missing = pages - now.free - std::max<int64_t>(0, max_pages_ - now.total);
    if (missing <= 0) return evicted;
    const int64_t row_pages24 =
        RowPages24(static_cast<int64_t>(stored_.size()) + kRowOverheadBytes);
    VETOR_ASSIGN_OR_RETURN(const int64_t gone, Evict(missing * 24 / row_pages24));
    if (gone == 0) return evicted;
    evicted += gone;
  }
}

Result<int64_t> DiskWriter::Sweep(int64_t oldest, int64_t newest) {
  connection_.AllowSteps(SqliteConnection::kUsualSteps);
  VETOR_RETURN_IF_ERROR(connection_.Check(begin_.Run(), "cannot begin to write to"));
  int64_t last = 0;
  int64_t swept = 0;
  oldest_rows_.BindInt(1, static_cast<int64_t>(rows_per_commit_));
  int code = SQLITE_ROW;
  while ((code = oldest_rows_.Step()) == SQLITE_ROW) {
    if (oldest_rows_.Int(1) >= oldest && oldest_rows_.Int(1) <= newest) break;
    last = oldest_rows_.Int(0);
    ++swept;
  }
  Status status = connection_.Check(code, "cannot read");
  oldest_rows_.Reset();
  if (status.ok() && swept > 0) {
    delete_up_to_.BindInt(1, last);
    status = connection_.Check(delete_up_to_.Run(), "cannot delete from");
    // Rows that cannot be deleted, or come twice, would be swept for ever.
    if (status.ok() && connection_.changes() != swept) {
      status = DataLossError(fmt::format("{} has {} rows up to number {}, but {} were deleted",
                                         connection_.path().string(), swept, last,
                                         connection_.changes()));
    }
  }
  VETOR_RETURN_IF_ERROR(Commit(status));
  VETOR_RETURN_IF_ERROR(BoundLog());
  return swept;
}

Result<int64_t> DiskWriter::ReasonableFreePages() {
  VETOR_ASSIGN_OR_RETURN(const Pages pages, CountPages());
  return std::max<int64_t>(pages.total / 4, kStepPages);
}

Result<bool> DiskWriter::Shrink(int64_t free_pages, int64_t* evicted) {
  connection_.AllowSteps(SqliteConnection::kUsualSteps);
  VETOR_ASSIGN_OR_RETURN(const Pages pages, CountPages());
  if (pages.total - pages.free > max_pages_) {
    VETOR_RETURN_IF_ERROR(connection_.Check(begin_.Run(), "cannot begin to write to"));
    Result<int64_t> gone = Evict(static_cast<int64_t>(rows_per_commit_));
    VETOR_RETURN_IF_ERROR(Commit(gone.ok() ? Status() : gone.status()));
    *evicted += *gone;
    VETOR_RETURN_IF_ERROR(BoundLog());
    return *gone > 0;
  }
  if (pages.free == 0 || (pages.total <= max_pages_ && pages.free <= free_pages)) {
    // What was given back leaves the file only when the log is copied into it.
    if (std::exchange(vacuumed_, false)) {
      VETOR_RETURN_IF_ERROR(connection_.Execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    }
    return false;
  }
  vacuumed_ = true;
  // Small steps: the whole of it blocked writes for 7 s at a million rows.
  VETOR_RETURN_IF_ERROR(connection_.Execute(
      fmt::format("PRAGMA incremental_vacuum({})",
                  std::min({pages.free, kStepPages, log_bytes_ / 4 / kPageBytes}))
          .c_str()));
  VETOR_RETURN_IF_ERROR(BoundLog());
  // A damaged list of free pages may not get shorter: then this is all that can be given back.
  VETOR_ASSIGN_OR_RETURN(const Pages after, CountPages());
  if (after.free < pages.free && after.total < pages.total) return true;
  vacuumed_ = false;
  return false;
}

// The automatic checkpoint gives way to readers, so a log under constant reading could grow without
// end. Above the bound this one waits for them.
Status DiskWriter::BoundLog() {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(log_path_, error);
  if (error || static_cast<int64_t>(bytes) <= log_bytes_) return Status();
  return connection_.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

Status DiskWriter::UpdateRecency() {
  if (ends_.Step() != SQLITE_ROW) {
    const Status status = connection_.Error("cannot read");
    ends_.Reset();
    return status;
  }
  const int64_t first = ends_.Int(0);
  const int64_t last = ends_.Int(1);
  ends_.Reset();
  // Ids count up from 1 and never reach 2^62: such a one is a flipped bit.
  if (first < 0 || last >= int64_t{1} << 62) {
    return DataLossError(fmt::format("{} has rows numbered {} to {}, expected 1 to 2^62",
                                     connection_.path().string(), first, last));
  }
  next_id_ = std::max(next_id_, last + 1);
  VETOR_ASSIGN_OR_RETURN(const Pages pages, CountPages());
  const int64_t span = next_id_ - first;
  young_from_ = next_id_ - span / 8;
  if ((pages.total - pages.free) * 2 < max_pages_) {
    touch_below_ = 0;
    epoch_end_ = next_id_ + std::max(kMinEpochRows, span / 4);
    return Status();
  }
  touch_below_ = first + span / 2;
  if (next_id_ >= epoch_end_) {
    ++epoch_;
    epoch_end_ = next_id_ + std::max(kMinEpochRows, span / 4);
  }
  return Status();
}

}  // namespace vetor
