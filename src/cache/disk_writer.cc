#include "cache/disk_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/status_macros.h"
#include "os/new_file.h"

namespace vetor {
namespace {

constexpr int64_t kMaxRowsPerCommit = 256;
constexpr int64_t kStepPages = 256;
constexpr int kWriterCacheKib = 65536;
constexpr int kMaxCheckpointPages = 1000;
constexpr int64_t kMaxLogBytes = 8 << 20;
constexpr int64_t kMinEpochRows = 64;
// Cell and record headers, rowid, key, space and stamp of a row of `e`.
constexpr int64_t kRowOverheadBytes = 44;
// The size that is assumed before any row was seen: 384 floats.
constexpr int64_t kFirstUsualRowBytes = 1600;
// The use of a vector space is noted once per hour at most, because a note is a write.
constexpr int64_t kSecondsPerUse = 3600;
constexpr int64_t kMostSpaces = 1000;

// Whether a use at `last` needs no new note yet. In a damaged row `last` may be any number.
bool NotedLately(int64_t last, int64_t now) {
  return last > now - kSecondsPerUse && last < now + kSecondsPerUse;
}

// Pages that `bytes` of one row fill, in units of 1/24 page so that several rows share one.
// https://www.sqlite.org/fileformat.html section 1.6: a row of more than U - 35 bytes spills.
int64_t RowPages24(int64_t bytes) {
  if (bytes <= kPageBytes - 35) return 24 / std::clamp<int64_t>((kPageBytes - 8) / bytes, 1, 24);
  return 24 * (1 + bytes / (kPageBytes - 4) + 1);
}

int64_t RowBytes(const Record& record) {
  return static_cast<int64_t>(StoredBytes(record.payload.size())) + kRowOverheadBytes;
}

// The bytes of log that a row takes: it dirties its own page and one of the index, and so does the
// row that it evicts.
int64_t LoggedBytes(int64_t row_bytes) {
  return 2 * kPageBytes * (RowPages24(row_bytes) + 24) / 24;
}

int64_t LogBytesFor(int64_t max_bytes) { return std::min(kMaxLogBytes, max_bytes / 4); }

int CheckpointPagesFor(int64_t log_bytes) {
  return static_cast<int>(std::clamp<int64_t>(log_bytes / 2 / kPageBytes, 8, kMaxCheckpointPages));
}

}  // namespace

Result<std::unique_ptr<DiskWriter>> DiskWriter::Open(const DiskPaths& paths,
                                                     const Options& options) {
  const ForkPass pass;
  const int checkpoint_pages = CheckpointPagesFor(LogBytesFor(options.max_bytes));
  VETOR_RETURN_IF_ERROR(MakeFileIfAbsent(paths.database));
  VETOR_ASSIGN_OR_RETURN(SqliteConnection connection,
                         SqliteConnection::Open(paths.database, {.access = SqliteAccess::kWrite,
                                                                 .cache_kib = kWriterCacheKib,
                                                                 .stop = options.stop}));
  VETOR_RETURN_IF_ERROR(PrepareTables(&connection, checkpoint_pages));
  std::unique_ptr<DiskWriter> writer(new DiskWriter(std::move(connection), paths, options));
  VETOR_RETURN_IF_ERROR(writer->Prepare());
  VETOR_RETURN_IF_ERROR(writer->FindSpace(options.now_seconds));
  VETOR_RETURN_IF_ERROR(writer->UpdateRecency());
  return writer;
}

DiskWriter::DiskWriter(SqliteConnection connection, const DiskPaths& paths, const Options& options)
    : connection_(std::move(connection)),
      log_path_(paths.log),
      space_(options.space),
      log_bytes_(LogBytesFor(options.max_bytes)),
      usual_row_bytes_(kFirstUsualRowBytes),
      epoch_(options.epoch) {
  max_pages_ = (options.max_bytes - log_bytes_) / kPageBytes;
}

size_t DiskWriter::MostPayloadBytes(int64_t max_bytes) {
  return static_cast<size_t>(
      std::min<int64_t>(max_bytes / 8, SqliteConnection::kMostBytesPerValue - kStoredHeadBytes));
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
      prepare(&insert_, "INSERT OR REPLACE INTO e(id, k, s, t, v) VALUES(?1, ?2, ?3, ?4, ?5)"));
  VETOR_RETURN_IF_ERROR(prepare(&drop_, "DELETE FROM e WHERE k=?1"));
  VETOR_RETURN_IF_ERROR(
      prepare(&touch_, "UPDATE e SET id=?1 WHERE id=(SELECT max(id) FROM e WHERE k=?2) AND id<?3"));
  VETOR_RETURN_IF_ERROR(prepare(&remove_,
                                "DELETE FROM e WHERE id=?2 AND "
                                "(k=?1 OR typeof(k)<>'blob' OR length(k)<>length(?1))"));
  VETOR_RETURN_IF_ERROR(prepare(&ends_, "SELECT (SELECT min(id) FROM e), (SELECT max(id) FROM e)"));
  VETOR_RETURN_IF_ERROR(prepare(&page_count_, "PRAGMA page_count"));
  VETOR_RETURN_IF_ERROR(prepare(&freelist_count_, "PRAGMA freelist_count"));
  VETOR_RETURN_IF_ERROR(prepare(&oldest_rows_,
                                "SELECT id, t, CASE typeof(v) WHEN 'blob' THEN length(v) END"
                                " FROM e ORDER BY id LIMIT ?1"));
  VETOR_RETURN_IF_ERROR(
      prepare(&find_space_, "SELECT id, last_use FROM s WHERE fingerprint=?1 LIMIT 1"));
  VETOR_RETURN_IF_ERROR(prepare(&add_space_,
                                "INSERT INTO s(fingerprint, model, runtime, precision, first_use,"
                                " last_use) VALUES(?1, ?2, ?3, ?4, ?5, ?5)"));
  VETOR_RETURN_IF_ERROR(prepare(&use_space_, "UPDATE s SET last_use=?2 WHERE id=?1"));
  VETOR_RETURN_IF_ERROR(prepare(&forget_spaces_,
                                "DELETE FROM s WHERE id IN (SELECT id FROM s WHERE id<>?1 ORDER BY"
                                " last_use DESC, id DESC LIMIT -1 OFFSET ?2)"));
  return prepare(&delete_up_to_, "DELETE FROM e WHERE id <= ?1");
}

// Finds the row of the space. A space gets a row only when something is stored in it.
Status DiskWriter::FindSpace(int64_t now_seconds) {
  if (space_.fingerprint.empty()) return Status();
  find_space_.BindText(1, space_.fingerprint);
  const int code = find_space_.Step();
  if (code == SQLITE_ROW) space_use_ = {.number = find_space_.Int(0), .last = find_space_.Int(1)};
  Status status = connection_.Check(code, "cannot read");
  find_space_.Reset();
  const bool fresh = NotedLately(space_use_.last, now_seconds);
  if (!status.ok() || space_use_.number == 0 || fresh) return status;
  VETOR_RETURN_IF_ERROR(connection_.Check(begin_.Run(), "cannot begin to write to"));
  return Commit(UseSpace(now_seconds));
}

// Notes that the space is used. Runs in a transaction.
Status DiskWriter::UseSpace(int64_t now_seconds) {
  if (space_.fingerprint.empty()) return Status();
  if (space_use_.number != 0) {
    if (NotedLately(space_use_.last, now_seconds)) return Status();
    use_space_.BindInt(1, space_use_.number);
    use_space_.BindInt(2, now_seconds);
    VETOR_RETURN_IF_ERROR(connection_.Check(use_space_.Run(), "cannot update"));
    space_use_.last = now_seconds;
    return Status();
  }
  add_space_.BindText(1, space_.fingerprint);
  add_space_.BindText(2, space_.model_id);
  add_space_.BindText(3, space_.runtime);
  add_space_.BindText(4, space_.precision);
  add_space_.BindInt(5, now_seconds);
  VETOR_RETURN_IF_ERROR(connection_.Check(add_space_.Run(), "cannot insert into"));
  space_use_ = {.number = connection_.last_insert_id(), .last = now_seconds};
  // A user who tries many settings leaves as many rows. Entries of a forgotten space stay and are
  // served; when they are written again, they get the number of a row of `s` again.
  forget_spaces_.BindInt(1, space_use_.number);
  forget_spaces_.BindInt(2, kMostSpaces - 1);
  return connection_.Check(forget_spaces_.Run(), "cannot delete from");
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

// Ends the transaction: commits if `status` is OK; otherwise rolls back and returns `status`.
Status DiskWriter::Commit(Status status) {
  if (status.ok()) status = connection_.Check(commit_.Run(), "cannot commit to");
  // A failed COMMIT may leave the transaction open, and a failed statement may have ended it.
  if (!status.ok() && connection_.in_transaction()) rollback_.Run();
  return status;
}

Status DiskWriter::ForgetUnusedSpaces(int64_t oldest) {
  connection_.AllowSteps(SqliteConnection::kUsualSteps);
  VETOR_ASSIGN_OR_RETURN(
      SqliteStatement forget,
      connection_.Prepare("DELETE FROM s WHERE last_use<?1 AND id NOT IN (SELECT s FROM e)"));
  forget.BindInt(1, oldest);
  return connection_.Check(forget.Run(), "cannot delete from");
}

WriteSlice DiskWriter::NextSlice(const WriteBatch& batch, const WriteSlice& done) const {
  WriteSlice next{.first_row = done.first_row + done.rows,
                  .first_touched = done.first_touched + done.touched};
  // A commit may fill half of the log; a checkpoint begins at the other half.
  int64_t left = log_bytes_ / 2;
  const auto fits = [&](int64_t row_bytes) {
    const auto count = static_cast<int64_t>(next.rows + next.touched);
    left -= LoggedBytes(row_bytes);
    return count == 0 || (count < kMaxRowsPerCommit && left >= 0);
  };
  while (next.first_touched + next.touched < batch.touched.size() && fits(usual_row_bytes_)) {
    ++next.touched;
  }
  while (next.first_row + next.rows < batch.rows.size() &&
         fits(RowBytes(batch.records[next.first_row + next.rows]))) {
    ++next.rows;
  }
  return next;
}

Result<int64_t> DiskWriter::Write(const WriteBatch& batch, const WriteSlice& slice) {
  const ForkPass pass;
  connection_.AllowSteps(SqliteConnection::kUsualSteps);
  VETOR_RETURN_IF_ERROR(connection_.Check(begin_.Run(), "cannot begin to write to"));
  const int64_t next_id = next_id_;
  const SpaceUse space_use = space_use_;
  int64_t evicted = 0;
  const Status status = Commit(WriteParts(batch, slice, &evicted));
  if (!status.ok()) {
    next_id_ = next_id;
    space_use_ = space_use;
    return status;
  }
  VETOR_RETURN_IF_ERROR(BoundLog());
  VETOR_RETURN_IF_ERROR(UpdateRecency());
  return evicted;
}

Status DiskWriter::WriteParts(const WriteBatch& batch, const WriteSlice& slice, int64_t* evicted) {
  if (slice.first_row == 0 && slice.first_touched == 0) {
    for (const WriteBatch::Damaged& row : batch.damaged) VETOR_RETURN_IF_ERROR(Remove(row));
  }
  int64_t pages24 = static_cast<int64_t>(slice.touched) * RowPages24(usual_row_bytes_);
  int64_t bytes = 0;
  for (size_t i = slice.first_row; i < slice.first_row + slice.rows; ++i) {
    pages24 += RowPages24(RowBytes(batch.records[i]));
    bytes += RowBytes(batch.records[i]);
  }
  // An index entry takes 29 bytes and leaves are two thirds full, so a page holds 90. A third is
  // added for the pages above, and some slack for splits.
  const auto count = static_cast<int64_t>(slice.rows + slice.touched);
  VETOR_RETURN_IF_ERROR(MakeRoom(pages24 / 24 + count / 60 + 16, evicted));
  const std::span<const CacheKey> touched(batch.touched);
  for (const CacheKey& key : touched.subspan(slice.first_touched, slice.touched)) {
    touch_.BindInt(1, next_id_);
    touch_.BindBlob(2, key.bytes);
    touch_.BindInt(3, young_from_);
    VETOR_RETURN_IF_ERROR(connection_.Check(touch_.Run(), "cannot update"));
    next_id_ += connection_.changes();
  }
  if (slice.rows == 0) return Status();
  usual_row_bytes_ = bytes / static_cast<int64_t>(slice.rows);
  VETOR_RETURN_IF_ERROR(UseSpace(batch.rows[slice.first_row].stamp));
  for (size_t i = slice.first_row; i < slice.first_row + slice.rows; ++i) {
    VETOR_RETURN_IF_ERROR(InsertRow(batch.rows[i], batch.records[i]));
  }
  return Status();
}

Status DiskWriter::InsertRow(const WriteBatch::Row& row, const Record& record) {
  // Removes the key's rows, including those under another number of its space.
  drop_.BindBlob(1, row.key.bytes);
  VETOR_RETURN_IF_ERROR(connection_.Check(drop_.Run(), "cannot delete from"));
  EncodeStored({.key = row.key, .stamp = row.stamp, .space = space_use_.number}, record, &stored_);
  insert_.BindInt(1, next_id_);
  insert_.BindBlob(2, row.key.bytes);
  insert_.BindInt(3, space_use_.number);
  insert_.BindInt(4, row.stamp);
  insert_.BindBlob(5, stored_);
  VETOR_RETURN_IF_ERROR(connection_.Check(insert_.Run(), "cannot insert into"));
  ++next_id_;
  return Status();
}

Status DiskWriter::Remove(const WriteBatch::Damaged& row) {
  remove_.BindBlob(1, row.key.bytes);
  remove_.BindInt(2, row.id);
  return connection_.Check(remove_.Run(), "cannot delete from");
}

// Deletes rows from the least recently used end. It stops when `enough` says so, given the next
// row's stamp and the pages (in 1/24) that the deleted ones filled; after 256 rows; or when half of
// the log is full.
Result<DiskWriter::Deleted> DiskWriter::DeleteOldest(const Enough& enough) {
  Deleted deleted;
  int64_t last = 0;
  int64_t pages24 = 0;
  int64_t logged = 0;
  oldest_rows_.BindInt(1, kMaxRowsPerCommit);
  int code = SQLITE_ROW;
  while ((code = oldest_rows_.Step()) == SQLITE_ROW) {
    deleted.enough = enough(oldest_rows_.Int(1), pages24);
    if (deleted.enough || logged >= log_bytes_ / 2) break;
    last = oldest_rows_.Int(0);
    ++deleted.rows;
    const int64_t bytes = oldest_rows_.Int(2) + kRowOverheadBytes;
    pages24 += RowPages24(bytes);
    logged += LoggedBytes(bytes);
  }
  const Status status = connection_.Check(code, "cannot read");
  oldest_rows_.Reset();
  VETOR_RETURN_IF_ERROR(status);
  if (code == SQLITE_DONE && deleted.rows < kMaxRowsPerCommit) deleted.enough = true;
  if (deleted.rows == 0) return deleted;
  delete_up_to_.BindInt(1, last);
  VETOR_RETURN_IF_ERROR(connection_.Check(delete_up_to_.Run(), "cannot delete from"));
  if (connection_.changes() == deleted.rows) return deleted;
  // A row that cannot be deleted, or that comes twice, would be deleted for ever.
  return DataLossError(fmt::format("{} has {} rows up to number {}, but {} were deleted",
                                   connection_.path().string(), deleted.rows, last,
                                   connection_.changes()));
}

// Deletes the least recently used rows that fill `pages`, or some of them.
Status DiskWriter::Evict(int64_t pages, int64_t* evicted) {
  VETOR_ASSIGN_OR_RETURN(const Deleted deleted, DeleteOldest([pages](int64_t, int64_t pages24) {
                           return pages24 >= pages * 24;
                         }));
  *evicted += deleted.rows;
  return Status();
}

// Evicts until `pages` more fit under the bound, counting pages that are free inside the file.
Status DiskWriter::MakeRoom(int64_t pages, int64_t* evicted) {
  while (true) {
    VETOR_ASSIGN_OR_RETURN(const Pages now, CountPages());
    const int64_t missing = pages - now.free - std::max<int64_t>(0, max_pages_ - now.total);
    const int64_t before = *evicted;
    if (missing > 0) VETOR_RETURN_IF_ERROR(Evict(missing, evicted));
    if (*evicted == before) return Status();
  }
}

Result<bool> DiskWriter::Sweep(int64_t oldest, int64_t newest) {
  const ForkPass pass;
  connection_.AllowSteps(SqliteConnection::kUsualSteps);
  VETOR_RETURN_IF_ERROR(connection_.Check(begin_.Run(), "cannot begin to write to"));
  const Result<Deleted> swept =
      DeleteOldest([=](int64_t stamp, int64_t) { return stamp >= oldest && stamp <= newest; });
  VETOR_RETURN_IF_ERROR(Commit(swept.ok() ? Status() : swept.status()));
  VETOR_RETURN_IF_ERROR(BoundLog());
  return !swept->enough;
}

Result<int64_t> DiskWriter::ReasonableFreePages() {
  VETOR_ASSIGN_OR_RETURN(const Pages pages, CountPages());
  return std::max<int64_t>(pages.total / 4, kStepPages);
}

Result<bool> DiskWriter::Shrink(int64_t free_pages, int64_t* evicted) {
  const ForkPass pass;
  connection_.AllowSteps(SqliteConnection::kUsualSteps);
  VETOR_ASSIGN_OR_RETURN(const Pages pages, CountPages());
  if (pages.total - pages.free > max_pages_) {
    VETOR_RETURN_IF_ERROR(connection_.Check(begin_.Run(), "cannot begin to write to"));
    int64_t gone = 0;
    VETOR_RETURN_IF_ERROR(Commit(Evict(kStepPages, &gone)));
    *evicted += gone;
    VETOR_RETURN_IF_ERROR(BoundLog());
    return gone > 0;
  }
  if (pages.free == 0 || (pages.total <= max_pages_ && pages.free <= free_pages)) {
    // Freed pages leave the file only when the log is copied into it.
    if (std::exchange(vacuumed_, false)) {
      VETOR_RETURN_IF_ERROR(connection_.Execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    }
    return false;
  }
  vacuumed_ = true;
  // The vacuum goes in small steps: at a million rows, one step for all blocked writes for 7 s.
  VETOR_RETURN_IF_ERROR(connection_.Execute(
      fmt::format("PRAGMA incremental_vacuum({})",
                  std::min({pages.free, kStepPages, log_bytes_ / 4 / kPageBytes}))
          .c_str()));
  VETOR_RETURN_IF_ERROR(BoundLog());
  // In a damaged file the list of free pages may not get shorter; then nothing more can be freed.
  VETOR_ASSIGN_OR_RETURN(const Pages after, CountPages());
  if (after.free < pages.free && after.total < pages.total) return true;
  vacuumed_ = false;
  return false;
}

// The automatic checkpoint gives way to readers, so under constant reading the log could grow
// without end. Above the bound, this checkpoint waits for the readers.
Status DiskWriter::BoundLog() {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(log_path_, error);
  if (error || static_cast<int64_t>(bytes) <= log_bytes_) return Status();
  return connection_.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

Status DiskWriter::UpdateRecency() {
  if (ends_.Step() != SQLITE_ROW) {
    Status status = connection_.Error("cannot read");
    ends_.Reset();
    return status;
  }
  const int64_t first = ends_.Int(0);
  const int64_t last = ends_.Int(1);
  ends_.Reset();
  // Ids count up from 1 and never reach 2^62, so a larger one is a flipped bit.
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
