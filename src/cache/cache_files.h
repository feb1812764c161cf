// The files of a cache folder: which ones exist, which program they belong to, and how they are
// deleted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <vector>

#include "cache/disk_format.h"
#include "cache/sqlite_connection.h"
#include "os/file_lock.h"
#include "vetor/cache.h"

namespace vetor {

/// Returns 0 for a file that does not exist.
int64_t FileBytes(const std::filesystem::path& path);

/// Whether something in the folder has the database's name.
bool HasDatabase(const DiskPaths& paths);

/// Lists the files that exist among the database, its log and shared memory, and the databases that
/// were put aside.
std::vector<std::filesystem::path> CacheFilesOf(const DiskPaths& paths);

/// Opens a database to look into it. Errors: those of OpenToRead; NOT_FOUND.
Result<SqliteConnection> OpenToLook(const DiskPaths& paths, const std::stop_token& stop);

/// Whether OpenToLook gave `status` because the database has no tables yet: an empty file, or one
/// whose writer was killed while it made them.
bool NotBegun(const Status& status, const DiskPaths& paths);

/// OK if the database may be deleted: it is ours (whole or damaged), empty, or missing. Errors:
/// FAILED_PRECONDITION for another program's file, even if it is not an SQLite database; those of
/// OpenToLook.
Status RequireOurs(const DiskPaths& paths, const std::stop_token& stop);

/// Takes the writer's lock. Errors: FAILED_PRECONDITION while a service writes; those of FileLock.
Result<FileLock> LockForChange(const DiskPaths& paths);

/// As LockForChange, but only if the lock's file exists. A missing lock file is made after the
/// database is known to be ours; an existing one is taken before the database is opened, because
/// opening makes files.
Result<std::optional<FileLock>> LockIfThere(const DiskPaths& paths);

/// Deletes a file and counts it. The bytes of shared memory are not counted, because opening a
/// database to look into it makes that file. Errors: as ErrnoError.
Status DeleteCacheFile(const std::filesystem::path& file, CacheClearResult* result);

}  // namespace vetor
