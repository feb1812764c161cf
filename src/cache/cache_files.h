// The files of a cache folder: which are there, whose they are, and deleting them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <vector>

#include "cache/disk_format.h"
#include "cache/sqlite_connection.h"
#include "os/file_lock.h"
#include "vetor/cache.h"

namespace vetor {

/// 0 for a file that is not there.
int64_t FileBytes(const std::filesystem::path& path);

/// Whether something has the database's name.
bool HasDatabase(const DiskPaths& paths);

/// The database, its log and shared memory, and the databases that were put aside, as far as they
/// are there.
std::vector<std::filesystem::path> CacheFilesOf(const DiskPaths& paths);

/// Opens a database to look into it. Errors: those of OpenToRead; NOT_FOUND.
Result<SqliteConnection> OpenToLook(const DiskPaths& paths, const std::stop_token& stop);

/// Whether OpenToLook gave `status` because the database has no tables yet: an empty file, or one
/// whose writer was killed while it made them.
bool NotBegun(const Status& status, const DiskPaths& paths);

/// OK for what may be deleted: a database of ours, whole or damaged, an empty one, and none.
/// Errors: FAILED_PRECONDITION for another program's, also for a file that is not an SQLite
/// database; those of OpenToLook.
Status RequireOurs(const DiskPaths& paths, const std::stop_token& stop);

/// The writer's lock. Errors: FAILED_PRECONDITION while a service writes; those of FileLock.
Result<FileLock> LockForChange(const DiskPaths& paths);

/// Deletes a file and counts it; the bytes of shared memory, which looking into a database makes,
/// are not counted. Errors: as ErrnoError.
Status DeleteCacheFile(const std::filesystem::path& file, CacheClearResult* result);

}  // namespace vetor
