#include "cache/cache_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "base/file_lock.h"
#include "base/status_macros.h"
#include "cache/disk_format.h"
#include "cache/disk_reader.h"
#include "cache/disk_writer.h"
#include "cache/put_aside.h"
#include "cache/sqlite_connection.h"
#include "cache/time_to_live.h"

namespace vetor {
namespace {

constexpr int64_t kProgressRows = 10'000;
// Also what a prune deletes in one transaction at most.
constexpr int64_t kRowsPerWalk = 256;

int64_t FileBytes(const std::filesystem::path& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(bytes);
}

Result<FileLock> LockForChange(const std::filesystem::path& dir) {
  Result<FileLock> lock = FileLock::TryAcquire(DiskPaths(dir).lock);
  if (lock.ok() || lock.status().code() != StatusCode::kFailedPrecondition) return lock;
  return FailedPreconditionError(
      fmt::format("{} is in use by a running service; stop it first", dir.string()));
}

Status NoCache(const std::filesystem::path& dir) {
  return NotFoundError(fmt::format("{} holds no cache, expected vectors.db in it", dir.string()));
}

Status RequireDatabase(const std::filesystem::path& dir) {
  std::error_code error;
  const auto type = std::filesystem::symlink_status(DiskPaths(dir).database, error).type();
  const bool missing = type == std::filesystem::file_type::not_found;
  if (!missing && type != std::filesystem::file_type::none) return Status();
  return NoCache(dir);
}

Status Stopped(const std::filesystem::path& dir) {
  return CancelledError("interrupted while using the cache in " + dir.string());
}

// A row takes 27 bytes of the index at least: more rows than that are damage that shows some of
// them again and again.
int64_t MostRows(const DiskPaths& paths) {
  return (FileBytes(paths.database) + FileBytes(paths.log)) / 27 + 1;
}

Result<SqliteConnection> OpenAny(const std::filesystem::path& dir, const std::stop_token& stop) {
  VETOR_RETURN_IF_ERROR(RequireDatabase(dir));
  VETOR_ASSIGN_OR_RETURN(ReadConnection opened,
                         OpenToRead(DiskPaths(dir), ReaderFolder::kMaybeReadOnly, {.stop = stop}));
  return std::move(opened.connection);
}

// Row by row: SQLite's count(*) neither ends in a damaged file nor hears of a stop.
Result<int64_t> CountRows(SqliteConnection* connection, const DiskPaths& paths) {
  const int64_t most = MostRows(paths);
  connection->AllowSteps(SqliteConnection::kUsualSteps + most * 8);
  VETOR_ASSIGN_OR_RETURN(SqliteStatement rows, connection->Prepare("SELECT 1 FROM e"));
  int64_t count = 0;
  int code = SQLITE_ROW;
  while ((code = rows.Step()) == SQLITE_ROW) {
    if (++count > most) {
      return DataLossError(fmt::format("{} shows more rows than its size can hold, {}",
                                       paths.database.string(), most));
    }
  }
  VETOR_RETURN_IF_ERROR(connection->Check(code, "cannot count the rows of"));
  return count;
}

// "ok", or the first findings of SQLite's own check.
Result<std::string> CheckIntegrity(SqliteConnection* connection, const DiskPaths& paths) {
  // It looks at every row and at its place in the index: some 60 steps a row.
  connection->AllowSteps(SqliteConnection::kUsualSteps + MostRows(paths) * 100);
  VETOR_ASSIGN_OR_RETURN(SqliteStatement rows, connection->Prepare("PRAGMA integrity_check(5)"));
  std::string findings;
  int code = SQLITE_ROW;
  while ((code = rows.Step()) == SQLITE_ROW) {
    findings += (findings.empty() ? "" : "; ") + rows.Text(0);
  }
  VETOR_RETURN_IF_ERROR(connection->Check(code, "cannot check"));
  return findings;
}

// One row of a walk over the whole table.
struct StoredRow {
  WriteBatch::Damaged name;
  int64_t stamp = 0;
  int64_t dim = 0;
  bool intact = false;
};

// The column, or null where it has another type or more bytes. A value beyond the connection's
// bound cannot be read, so that neither a walk nor a prune would get past its row; its length can.
std::string Bounded(std::string_view column, int64_t most_bytes) {
  return fmt::format(
      "CASE typeof({0}) WHEN 'blob' THEN CASE WHEN length({0}) <= {1} THEN {0} END END", column,
      most_bytes);
}

// Calls visit for up to kRowsPerWalk rows after *last_id and moves it; false at the end. In pieces,
// so that the log of a service that writes meanwhile can be emptied.
Result<bool> WalkRows(SqliteConnection* connection, int64_t* last_id,
                      const std::function<void(const StoredRow&)>& visit) {
  connection->AllowSteps(SqliteConnection::kUsualSteps);
  const std::string sql = fmt::format(
      "SELECT id, {}, CASE typeof(t) WHEN 'integer' THEN t END, {} FROM e WHERE id > ?1 ORDER BY "
      "id "
      "LIMIT ?2",
      Bounded("k", static_cast<int64_t>(CacheKey().bytes.size())),
      Bounded("v", SqliteConnection::kMostBytesPerValue));
  VETOR_ASSIGN_OR_RETURN(SqliteStatement rows, connection->Prepare(sql));
  rows.BindInt(1, *last_id);
  rows.BindInt(2, kRowsPerWalk);
  std::vector<float> vector;
  int64_t count = 0;
  int code = SQLITE_ROW;
  while ((code = rows.Step()) == SQLITE_ROW) {
    ++count;
    StoredRow row;
    row.name.id = rows.Int(0);
    // Or the walk would go round in a damaged table.
    if (!rows.IsInt(0) || row.name.id <= *last_id) {
      return DataLossError(fmt::format("{} has row {} after row {}, expected a higher number",
                                       connection->path().string(), row.name.id, *last_id));
    }
    *last_id = row.name.id;
    row.stamp = rows.Int(2);
    const std::span<const uint8_t> key = rows.Blob(1);
    const std::span<const uint8_t> stored = rows.Blob(3);
    const size_t head = StoredBytes(0);
    if (key.size() == row.name.key.bytes.size() && rows.IsInt(2) && stored.size() >= head) {
      std::copy(key.begin(), key.end(), row.name.key.bytes.begin());
      vector.resize((stored.size() - head) / sizeof(float));
      row.dim = static_cast<int64_t>(vector.size());
      row.intact = DecodeStored(row.name.key, row.stamp, stored, vector);
    }
    visit(row);
  }
  VETOR_RETURN_IF_ERROR(connection->Check(code, "cannot read"));
  return count == kRowsPerWalk;
}

// Those that are there.
std::vector<std::filesystem::path> FilesToClear(const DiskPaths& paths) {
  std::vector<std::filesystem::path> files = {paths.database, paths.log, paths.shared_memory};
  for (const PutAsideDatabase& aside : ListPutAside(paths)) {
    files.insert(files.end(), {aside.database, aside.log});
  }
  std::erase_if(files, [](const std::filesystem::path& file) {
    std::error_code error;
    return std::filesystem::symlink_status(file, error).type() ==
           std::filesystem::file_type::not_found;
  });
  return files;
}

bool BeginsAsSqlite(const std::filesystem::path& path) {
  constexpr std::string_view kBeginning("SQLite format 3\0", 16);
  const Result<MappedFile> file = MappedFile::Open(path);
  return file.ok() && file->bytes().starts_with(kBeginning);
}

// What may be deleted: a database of ours, whole or damaged, an empty one, and none.
Status RequireOurs(const std::filesystem::path& dir, const std::stop_token& stop) {
  const DiskPaths paths(dir);
  const Status status = OpenAny(dir, stop).status();
  if (status.ok() || status.code() == StatusCode::kNotFound) return Status();
  // One page or none: nothing but the beginning of a database.
  const bool empty = FileBytes(paths.database) <= kPageBytes;
  if (status.code() == StatusCode::kUnavailable && empty) return Status();
  if (status.code() != StatusCode::kDataLoss) return status;
  if (BeginsAsSqlite(paths.database)) return Status();
  return FailedPreconditionError(
      fmt::format("{} is not an SQLite database, so it may belong to another program: it is left "
                  "alone; delete the file if nobody needs it",
                  paths.database.string()));
}

}  // namespace

Result<CacheFolderStats> ReadCacheStats(const std::filesystem::path& dir, std::stop_token stop) {
  VETOR_ASSIGN_OR_RETURN(SqliteConnection connection, OpenAny(dir, stop));
  const DiskPaths paths(dir);
  CacheFolderStats stats;
  VETOR_ASSIGN_OR_RETURN(stats.entries, CountRows(&connection, paths));
  VETOR_ASSIGN_OR_RETURN(const int64_t unused, connection.QueryInt("PRAGMA freelist_count"));
  stats.unused_bytes = unused * kPageBytes;
  stats.database_bytes = FileBytes(paths.database);
  stats.log_bytes = FileBytes(paths.log);
  for (const PutAsideDatabase& aside : ListPutAside(paths)) {
    stats.damaged_bytes += FileBytes(aside.database) + FileBytes(aside.log);
  }
  return stats;
}

Result<CacheFolderCheck> CheckCache(const std::filesystem::path& dir,
                                    const std::function<void(int64_t)>& progress,
                                    std::stop_token stop) {
  VETOR_ASSIGN_OR_RETURN(SqliteConnection connection, OpenAny(dir, stop));
  CacheFolderCheck check;
  int64_t last_id = INT64_MIN;
  bool more = true;
  while (more) {
    if (stop.stop_requested()) return Stopped(dir);
    VETOR_ASSIGN_OR_RETURN(more, WalkRows(&connection, &last_id, [&](const StoredRow& row) {
                             ++check.entries;
                             if (row.intact) {
                               ++check.entries_by_dim[row.dim];
                             } else {
                               ++check.damaged;
                             }
                             if (check.entries % kProgressRows == 0) progress(check.entries);
                           }));
  }
  VETOR_ASSIGN_OR_RETURN(check.integrity, CheckIntegrity(&connection, DiskPaths(dir)));
  return check;
}

Result<CachePruneResult> PruneCache(const std::filesystem::path& dir,
                                    const CachePruneOptions& options, int64_t now_seconds,
                                    std::stop_token stop) {
  VETOR_RETURN_IF_ERROR(RequireDatabase(dir));
  VETOR_ASSIGN_OR_RETURN(const FileLock lock, LockForChange(dir));
  const DiskPaths paths(dir);
  VETOR_ASSIGN_OR_RETURN(
      const std::unique_ptr<DiskWriter> writer,
      DiskWriter::Open(
          paths, {.max_bytes = std::max(options.max_bytes, DiskWriter::kMinBytes), .stop = stop}));
  VETOR_ASSIGN_OR_RETURN(SqliteConnection reader, OpenAny(dir, stop));
  CachePruneResult result;
  const TimeToLive ttl(options.ttl_days, now_seconds);
  int64_t last_id = INT64_MIN;
  bool more = true;
  while (more) {
    if (stop.stop_requested()) return Stopped(dir);
    WriteBatch bad;
    VETOR_ASSIGN_OR_RETURN(more, WalkRows(&reader, &last_id, [&](const StoredRow& row) {
                             if (row.intact && ttl.Good(row.stamp)) return;
                             ++(row.intact ? result.expired : result.damaged);
                             bad.damaged.push_back(row.name);
                           }));
    if (bad.damaged.empty()) continue;
    VETOR_ASSIGN_OR_RETURN(const int64_t evicted, writer->Write(bad, {}));
    result.evicted += evicted;
  }
  do {
    if (stop.stop_requested()) return Stopped(dir);
    VETOR_ASSIGN_OR_RETURN(more, writer->Shrink(0, &result.evicted));
  } while (more);
  return result;
}

Result<CacheClearResult> ClearCache(const std::filesystem::path& dir, std::stop_token stop) {
  // Before the lock, whose file would be made.
  if (FilesToClear(DiskPaths(dir)).empty()) return NoCache(dir);
  VETOR_ASSIGN_OR_RETURN(const FileLock lock, LockForChange(dir));
  VETOR_RETURN_IF_ERROR(RequireOurs(dir, stop));
  CacheClearResult result;
  // Again: looking into a database may have made its shared memory.
  for (const std::filesystem::path& file : FilesToClear(DiskPaths(dir))) {
    if (stop.stop_requested()) return Stopped(dir);
    const int64_t bytes = FileBytes(file);
    std::error_code error;
    const bool removed = std::filesystem::remove(file, error);
    if (error) return ErrnoError(error.value(), "cannot delete", file);
    if (!removed) continue;
    ++result.files;
    result.bytes += bytes;
  }
  return result;
}

}  // namespace vetor
