#include "cache/cache_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "base/status_macros.h"
#include "base/utf8.h"
#include "cache/disk_format.h"
#include "cache/disk_reader.h"
#include "cache/disk_writer.h"
#include "cache/put_aside.h"
#include "cache/sqlite_connection.h"
#include "cache/time_to_live.h"
#include "os/log.h"

namespace vetor {
namespace {

// A service keeps at most this many spaces (disk_writer.cc).
constexpr size_t kMostSpaces = 1000;
constexpr int64_t kProgressRows = 10'000;
// A prune deletes at most this many rows in one transaction, too.
constexpr int64_t kRowsPerWalk = 256;

Status NoCache(const std::filesystem::path& dir) {
  if (dir.empty()) {
    return NotFoundError(
        "no cache folder is named, so the cache is in memory alone; expected the folder of a cache "
        "on disk (set ai.cache.dir)");
  }
  return NotFoundError(fmt::format("{} holds no cache, expected vectors-2.db in it", dir.string()));
}

Status Stopped(const std::filesystem::path& dir) {
  return CancelledError("interrupted while using the cache in " + dir.string());
}

// A row takes at least 27 bytes of the index. If a walk finds more rows than fit, the file is
// damaged and shows some rows again and again.
int64_t MostRows(const DiskPaths& paths) {
  return (FileBytes(paths.database) + FileBytes(paths.log)) / 27 + 1;
}

Result<std::vector<StoredSpace>> ReadSpaces(SqliteConnection* connection) {
  connection->AllowSteps(SqliteConnection::kUsualSteps);
  VETOR_ASSIGN_OR_RETURN(
      SqliteStatement rows,
      connection->Prepare(fmt::format("SELECT id, substr(fingerprint, 1, 100), substr(model, 1, "
                                      "200), substr(runtime, 1, 100), substr(precision, 1, 20), "
                                      "first_use, last_use FROM s ORDER BY last_use DESC LIMIT {}",
                                      kMostSpaces)));
  const auto text = [&rows](int column) { return ReplaceInvalidUtf8(rows.Text(column)); };
  std::vector<StoredSpace> spaces;
  int code = SQLITE_ROW;
  while ((code = rows.Step()) == SQLITE_ROW) {
    spaces.push_back({.number = rows.Int(0),
                      .space = {.fingerprint = text(1),
                                .model_id = text(2),
                                .runtime = text(3),
                                .precision = text(4)},
                      .first_use = rows.Int(5),
                      .last_use = rows.Int(6)});
  }
  VETOR_RETURN_IF_ERROR(connection->Check(code, "cannot read the vector spaces of"));
  return spaces;
}

// Counts the entries, also those of each of stats->spaces. It goes row by row, because SQLite's
// count(*) does not end in a damaged file and cannot be stopped. All columns that it reads are in
// the index, so the records themselves are not read.
Status CountRows(SqliteConnection* connection, const DiskPaths& paths, CacheFolderStats* stats) {
  const int64_t most = MostRows(paths);
  connection->AllowSteps(SqliteConnection::kUsualSteps + most * 8);
  VETOR_ASSIGN_OR_RETURN(SqliteStatement rows, connection->Prepare("SELECT s FROM e"));
  std::map<int64_t, StoredSpace*> spaces;
  for (StoredSpace& space : stats->spaces) spaces[space.number] = &space;
  int code = SQLITE_ROW;
  while ((code = rows.Step()) == SQLITE_ROW) {
    if (++stats->entries > most) {
      return DataLossError(fmt::format("{} lists more rows than the {} that its size can hold",
                                       paths.database.string(), most));
    }
    const auto space = spaces.find(rows.Int(0));
    ++(space == spaces.end() ? stats->entries_of_no_space : space->second->entries);
  }
  return connection->Check(code, "cannot count the rows of");
}

// Returns "ok", or the first findings of SQLite's own check.
Result<std::string> CheckIntegrity(SqliteConnection* connection, const DiskPaths& paths) {
  // The check looks at every row and its place in the index, which takes some 60 steps per row.
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

// A row that a walk over the whole table meets.
struct StoredRow {
  WriteBatch::Damaged name;
  int64_t stamp = 0;
  int64_t payload_bytes = 0;
  bool intact = false;
};

// The column, or null if it has another type or more bytes. SQLite cannot read a value beyond the
// connection's bound, so a walk or a prune would stop at its row; it can read the value's length.
std::string Bounded(std::string_view column, int64_t most_bytes) {
  return fmt::format(
      "CASE typeof({0}) WHEN 'blob' THEN CASE WHEN length({0}) <= {1} THEN {0} END END", column,
      most_bytes);
}

// Calls visit for up to kRowsPerWalk rows after *last_id and moves it; returns false at the end. It
// reads in pieces, so that a service that writes meanwhile can empty its log.
Result<bool> WalkRows(SqliteConnection* connection, int64_t* last_id,
                      const std::function<void(const StoredRow&)>& visit) {
  connection->AllowSteps(SqliteConnection::kUsualSteps);
  const std::string sql = fmt::format(
      "SELECT id, {}, CASE typeof(t) WHEN 'integer' THEN t END, {}, CASE typeof(s) WHEN 'integer' "
      "THEN s END FROM e WHERE id > ?1 ORDER BY id LIMIT ?2",
      Bounded("k", static_cast<int64_t>(CacheKey().bytes.size())),
      Bounded("v", SqliteConnection::kMostBytesPerValue));
  VETOR_ASSIGN_OR_RETURN(SqliteStatement rows, connection->Prepare(sql));
  rows.BindInt(1, *last_id);
  rows.BindInt(2, kRowsPerWalk);
  int64_t count = 0;
  int code = SQLITE_ROW;
  while ((code = rows.Step()) == SQLITE_ROW) {
    ++count;
    StoredRow row;
    row.name.id = rows.Int(0);
    // Without this check, a damaged table could make the walk go round for ever.
    if (!rows.IsInt(0) || row.name.id <= *last_id) {
      return DataLossError(fmt::format("{} has row {} after row {}, expected a higher number",
                                       connection->path().string(), row.name.id, *last_id));
    }
    *last_id = row.name.id;
    row.stamp = rows.Int(2);
    const std::span<const uint8_t> key = rows.Blob(1);
    const std::span<const uint8_t> stored = rows.Blob(3);
    if (key.size() == row.name.key.bytes.size() && rows.IsInt(2) && rows.IsInt(4)) {
      std::copy(key.begin(), key.end(), row.name.key.bytes.begin());
      const std::optional<Record> record =
          DecodeStored({.key = row.name.key, .stamp = row.stamp, .space = rows.Int(4)}, stored);
      row.intact = record.has_value();
      if (record) row.payload_bytes = static_cast<int64_t>(record->payload.size());
    }
    visit(row);
  }
  VETOR_RETURN_IF_ERROR(connection->Check(code, "cannot read"));
  return count == kRowsPerWalk;
}

// Whether vectors.db may be deleted with its log: an earlier version made it, and this call has
// locked it. If another program's file has that name, our own files are cleared all the same.
Result<bool> LockOldToClear(const DiskPaths& old, const std::stop_token& stop,
                            std::vector<FileLock>* locks) {
  if (!HasDatabase(old)) return true;
  const bool empty = FileBytes(old.database) == 0;
  const bool looks_old = LookAtOldDatabase(old.database.parent_path()).bytes > 0;
  std::optional<FileLock> lock;
  Status ours = FailedPreconditionError(old.database.string() +
                                        " is not of an earlier version of vetor: it is left alone");
  if (looks_old || empty) {
    VETOR_ASSIGN_OR_RETURN(lock, LockIfThere(old));
    ours = RequireOurs(old, stop);
  }
  if (ours.code() == StatusCode::kFailedPrecondition) {
    Log(LogLevel::kWarning, "cache: {}", ours.message());
    return false;
  }
  VETOR_RETURN_IF_ERROR(ours);
  if (!lock) {
    VETOR_ASSIGN_OR_RETURN(lock, LockForChange(old));
  }
  locks->push_back(*std::move(lock));
  return true;
}

// The database to look into; nullopt if it does not exist or no service has begun to fill it.
Result<std::optional<SqliteConnection>> OpenIfBegun(const DiskPaths& paths,
                                                    const std::stop_token& stop) {
  if (!HasDatabase(paths)) return std::optional<SqliteConnection>();
  Result<SqliteConnection> connection = OpenToLook(paths, stop);
  if (connection.ok()) return std::optional<SqliteConnection>(*std::move(connection));
  if (NotBegun(connection.status(), paths)) return std::optional<SqliteConnection>();
  return std::move(connection).status();
}

// The answer for a folder in which this version has stored nothing: OK if an earlier version's
// database is there.
Status RequireCache(const std::filesystem::path& dir) {
  if (HasDatabase(DiskPaths(dir)) || LookAtOldDatabase(dir).bytes > 0) return Status();
  return NoCache(dir);
}

}  // namespace

Result<CacheFolderStats> ReadCacheFolder(const std::filesystem::path& dir,
                                         const std::stop_token& stop) {
  VETOR_RETURN_IF_ERROR(RequireCache(dir));
  const DiskPaths paths(dir);
  CacheFolderStats stats;
  stats.old = LookAtOldDatabase(dir);
  for (const int64_t version : {kDiskFormatVersion, kOldDiskFormatVersion}) {
    for (const PutAsideDatabase& aside : ListPutAside(DiskPaths(dir, version))) {
      stats.damaged_bytes += FileBytes(aside.database) + FileBytes(aside.log);
    }
  }
  VETOR_ASSIGN_OR_RETURN(std::optional<SqliteConnection> connection, OpenIfBegun(paths, stop));
  if (!connection) return stats;
  // Both reads happen in one snapshot, because a writer may add a space together with its first
  // entries.
  VETOR_RETURN_IF_ERROR(connection->Execute("BEGIN"));
  VETOR_ASSIGN_OR_RETURN(stats.spaces, ReadSpaces(&*connection));
  VETOR_RETURN_IF_ERROR(CountRows(&*connection, paths, &stats));
  VETOR_RETURN_IF_ERROR(connection->Execute("COMMIT"));
  VETOR_ASSIGN_OR_RETURN(const int64_t unused, connection->QueryInt("PRAGMA freelist_count"));
  stats.unused_bytes = unused * kPageBytes;
  stats.database_bytes = FileBytes(paths.database);
  stats.log_bytes = FileBytes(paths.log);
  return stats;
}

Result<std::vector<StoredSpace>> ReadCacheSpaces(const std::filesystem::path& dir) {
  VETOR_RETURN_IF_ERROR(RequireCache(dir));
  VETOR_ASSIGN_OR_RETURN(std::optional<SqliteConnection> connection,
                         OpenIfBegun(DiskPaths(dir), {}));
  if (!connection) return std::vector<StoredSpace>();
  return ReadSpaces(&*connection);
}

Result<CacheFolderCheck> CheckCacheFolder(const std::filesystem::path& dir,
                                          const std::function<void(int64_t)>& progress,
                                          const std::stop_token& stop) {
  VETOR_RETURN_IF_ERROR(RequireCache(dir));
  const DiskPaths paths(dir);
  CacheFolderCheck check{.integrity = "ok"};
  VETOR_ASSIGN_OR_RETURN(std::optional<SqliteConnection> connection, OpenIfBegun(paths, stop));
  if (!connection) return check;
  int64_t last_id = INT64_MIN;
  bool more = true;
  while (more) {
    if (stop.stop_requested()) return Stopped(dir);
    VETOR_ASSIGN_OR_RETURN(more, WalkRows(&*connection, &last_id, [&](const StoredRow& row) {
                             ++check.entries;
                             if (row.intact) {
                               ++check.entries_by_bytes[row.payload_bytes];
                             } else {
                               ++check.damaged;
                             }
                             if (check.entries % kProgressRows == 0) progress(check.entries);
                           }));
  }
  VETOR_ASSIGN_OR_RETURN(check.integrity, CheckIntegrity(&*connection, paths));
  return check;
}

namespace {

// Prunes the database of this version.
Result<CachePruneResult> PruneDatabase(const DiskPaths& paths, const CachePruneOptions& options,
                                       const TimeToLive& ttl, const std::stop_token& stop) {
  const std::filesystem::path dir = paths.database.parent_path();
  VETOR_ASSIGN_OR_RETURN(const FileLock lock, LockForChange(paths));
  VETOR_ASSIGN_OR_RETURN(
      const std::unique_ptr<DiskWriter> writer,
      DiskWriter::Open(
          paths, {.max_bytes = std::max(options.max_bytes, DiskWriter::kMinBytes), .stop = stop}));
  VETOR_ASSIGN_OR_RETURN(SqliteConnection reader, OpenToLook(paths, stop));
  CachePruneResult result;
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
  VETOR_RETURN_IF_ERROR(writer->ForgetUnusedSpaces(ttl.oldest()));
  return result;
}

}  // namespace

Result<CachePruneResult> PruneCacheFolder(const std::filesystem::path& dir,
                                          const CachePruneOptions& options, int64_t now_seconds,
                                          const std::stop_token& stop) {
  VETOR_RETURN_IF_ERROR(RequireCache(dir));
  const DiskPaths paths(dir);
  const TimeToLive ttl(options.ttl_days, now_seconds);
  Result<CachePruneResult> pruned =
      HasDatabase(paths) ? PruneDatabase(paths, options, ttl, stop) : CachePruneResult();
  if (pruned.status().code() == StatusCode::kCancelled) return pruned;
  // The old database is deleted first: it is useless even if our own cannot be pruned.
  VETOR_ASSIGN_OR_RETURN(const CacheClearResult old, PruneOldDatabase(dir, ttl.oldest(), stop));
  if (pruned.ok()) {
    pruned->old_bytes = old.bytes;
  } else if (old.bytes > 0) {
    return Status(pruned.status().code(),
                  fmt::format("{}; vectors.db of an earlier version, {} bytes, was removed",
                              pruned.status().message(), old.bytes));
  }
  return pruned;
}

Result<CacheClearResult> ClearCacheFolder(const std::filesystem::path& dir,
                                          const std::stop_token& stop) {
  const DiskPaths paths(dir);
  const DiskPaths old(dir, kOldDiskFormatVersion);
  std::vector<FileLock> locks;
  // This happens before the lock is taken, because taking it makes its file.
  if (!CacheFilesOf(paths).empty()) {
    VETOR_ASSIGN_OR_RETURN(FileLock lock, LockForChange(paths));
    locks.push_back(std::move(lock));
    VETOR_RETURN_IF_ERROR(RequireOurs(paths, stop));
  }
  VETOR_ASSIGN_OR_RETURN(const bool old_is_ours, LockOldToClear(old, stop, &locks));
  // The list is made now, because opening the database may have made its shared memory.
  std::vector<std::filesystem::path> files = CacheFilesOf(paths);
  for (const std::filesystem::path& file : CacheFilesOf(old)) {
    const bool beside = file == old.database || file == old.log || file == old.shared_memory;
    if (old_is_ours || !beside) files.push_back(file);
  }
  if (files.empty()) return NoCache(dir);
  CacheClearResult result;
  for (const std::filesystem::path& file : files) {
    if (stop.stop_requested()) return Stopped(dir);
    VETOR_RETURN_IF_ERROR(DeleteCacheFile(file, &result));
  }
  return result;
}

}  // namespace vetor
