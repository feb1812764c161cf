#include "cache/cache_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "base/file_lock.h"
#include "base/status_macros.h"
#include "cache/disk_format.h"
#include "cache/disk_writer.h"
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

Status RequireDatabase(const std::filesystem::path& dir) {
  std::error_code error;
  if (std::filesystem::exists(DiskPaths(dir).database, error)) return Status();
  return NotFoundError(fmt::format("{} holds no cache, expected vectors.db in it", dir.string()));
}

Result<SqliteConnection> OpenAs(const DiskPaths& paths, SqliteAccess access) {
  VETOR_ASSIGN_OR_RETURN(SqliteConnection connection,
                         SqliteConnection::Open(paths.database, {.access = access}));
  VETOR_RETURN_IF_ERROR(CheckFormat(&connection));
  return connection;
}

Result<SqliteConnection> OpenToRead(const std::filesystem::path& dir) {
  VETOR_RETURN_IF_ERROR(RequireDatabase(dir));
  const DiskPaths paths(dir);
  Result<SqliteConnection> connection = OpenAs(paths, SqliteAccess::kRead);
  // A folder without log that cannot be written has to be read as one that never changes.
  const bool read_only = connection.status().code() == StatusCode::kPermissionDenied;
  if (read_only && FileBytes(paths.log) == 0) return OpenAs(paths, SqliteAccess::kImmutable);
  return connection;
}

// One row of a walk over the whole table.
struct StoredRow {
  WriteBatch::Damaged name;
  int64_t stamp = 0;
  int64_t dim = 0;
  bool intact = false;
};

// Calls visit for up to kRowsPerWalk rows after *last_id and moves it; false at the end. In pieces,
// so that the log of a service that writes meanwhile can be emptied.
Result<bool> WalkRows(SqliteConnection* connection, int64_t* last_id,
                      const std::function<void(const StoredRow&)>& visit) {
  VETOR_ASSIGN_OR_RETURN(
      SqliteStatement rows,
      connection->Prepare("SELECT id, k, t, v FROM e WHERE id > ?1 ORDER BY id LIMIT ?2"));
  rows.BindInt(1, *last_id);
  rows.BindInt(2, kRowsPerWalk);
  std::vector<float> vector;
  int64_t count = 0;
  int code = SQLITE_ROW;
  while ((code = rows.Step()) == SQLITE_ROW) {
    ++count;
    StoredRow row;
    row.name.id = *last_id = rows.Int(0);
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

}  // namespace

Result<CacheFolderStats> ReadCacheStats(const std::filesystem::path& dir) {
  VETOR_ASSIGN_OR_RETURN(SqliteConnection connection, OpenToRead(dir));
  const DiskPaths paths(dir);
  CacheFolderStats stats;
  VETOR_ASSIGN_OR_RETURN(stats.entries, connection.QueryInt("SELECT count(*) FROM e"));
  VETOR_ASSIGN_OR_RETURN(const int64_t unused, connection.QueryInt("PRAGMA freelist_count"));
  stats.unused_bytes = unused * kPageBytes;
  stats.database_bytes = FileBytes(paths.database);
  stats.log_bytes = FileBytes(paths.log);
  stats.damaged_bytes = FileBytes(paths.damaged) + FileBytes(paths.damaged_log);
  return stats;
}

Result<CacheFolderCheck> CheckCache(const std::filesystem::path& dir,
                                    const std::function<void(int64_t)>& progress) {
  VETOR_ASSIGN_OR_RETURN(SqliteConnection connection, OpenToRead(dir));
  CacheFolderCheck check;
  int64_t last_id = INT64_MIN;
  bool more = true;
  while (more) {
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
  VETOR_ASSIGN_OR_RETURN(SqliteStatement integrity,
                         connection.Prepare("PRAGMA integrity_check(5)"));
  int code = SQLITE_ROW;
  while ((code = integrity.Step()) == SQLITE_ROW) {
    check.integrity += (check.integrity.empty() ? "" : "; ") + integrity.Text(0);
  }
  VETOR_RETURN_IF_ERROR(connection.Check(code, "cannot check"));
  return check;
}

Result<CachePruneResult> PruneCache(const std::filesystem::path& dir,
                                    const CachePruneOptions& options, int64_t now_seconds) {
  VETOR_RETURN_IF_ERROR(RequireDatabase(dir));
  VETOR_ASSIGN_OR_RETURN(const FileLock lock, LockForChange(dir));
  const DiskPaths paths(dir);
  VETOR_ASSIGN_OR_RETURN(
      const std::unique_ptr<DiskWriter> writer,
      DiskWriter::Open(paths, {.max_bytes = std::max(options.max_bytes, DiskWriter::kMinBytes)}));
  VETOR_ASSIGN_OR_RETURN(SqliteConnection reader, OpenToRead(dir));
  CachePruneResult result;
  const TimeToLive ttl(options.ttl_days, now_seconds);
  int64_t last_id = INT64_MIN;
  bool more = true;
  while (more) {
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
    VETOR_ASSIGN_OR_RETURN(more, writer->Shrink(0, &result.evicted));
  } while (more);
  return result;
}

Status ClearCache(const std::filesystem::path& dir) {
  std::error_code error;
  if (!std::filesystem::is_directory(dir, error)) {
    return NotFoundError(fmt::format("there is no folder {}", dir.string()));
  }
  VETOR_ASSIGN_OR_RETURN(const FileLock lock, LockForChange(dir));
  const DiskPaths paths(dir);
  for (const auto& path :
       {paths.database, paths.log, paths.shared_memory, paths.damaged, paths.damaged_log}) {
    std::filesystem::remove(path, error);
    if (error) return ErrnoError(error.value(), "cannot delete", path);
  }
  return Status();
}

}  // namespace vetor
