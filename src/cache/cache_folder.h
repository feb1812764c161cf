// A cache folder from outside a service: what it holds, whether it is sound, and making it smaller.
// What `vetor cache` and `vetor doctor` show.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "cache/cache_files.h"
#include "cache/old_database.h"
#include "cache/vector_space.h"
#include "vetor/status.h"

namespace vetor {

struct CacheFolderStats {
  int64_t entries = 0;
  int64_t database_bytes = 0;  ///< vectors-2.db
  int64_t log_bytes = 0;       ///< Its write-ahead log.
  int64_t unused_bytes = 0;    ///< Inside the database, to be used again.
  int64_t damaged_bytes = 0;   ///< Databases that were put aside (put_aside.h), of any version.
  OldDatabase old;             ///< vectors.db of an earlier version, which no service uses.
  std::vector<StoredSpace> spaces;  ///< Latest use first.
  /// Of a space that is not recorded (any more).
  int64_t entries_of_no_space = 0;
};

struct CacheFolderCheck {
  int64_t entries = 0;
  int64_t damaged = 0;                          ///< Checksums that do not match.
  std::string integrity;                        ///< SQLite's own check: "ok", or its findings.
  std::map<int64_t, int64_t> entries_by_bytes;  ///< Of the intact ones' payloads.
  bool sound() const { return damaged == 0 && integrity == "ok"; }
};

/// Errors of all: NOT_FOUND where `dir` holds no cache; those of SqliteConnection; CANCELLED once
/// `stop` is requested; FAILED_PRECONDITION for a database of another version or program, which is
/// left as it is. All of them end, whatever the file holds. The first two only read, also beside a
/// service that writes.
Result<CacheFolderStats> ReadCacheStats(const std::filesystem::path& dir,
                                        const std::stop_token& stop = {});

/// Reads every entry: a second a gigabyte or more. `progress(done)` is called now and then.
Result<CacheFolderCheck> CheckCache(const std::filesystem::path& dir,
                                    const std::function<void(int64_t)>& progress,
                                    const std::stop_token& stop = {});

struct CachePruneOptions {
  double ttl_days = 7;            ///< Entries older than this go, and those from the future.
  int64_t max_bytes = 1LL << 30;  ///< Then the least recently used, down to this.
};
struct CachePruneResult {
  int64_t expired = 0;
  int64_t damaged = 0;  ///< Entries with a wrong checksum, removed too.
  int64_t evicted = 0;
  int64_t old_bytes = 0;  ///< Of an earlier version's database, which was deleted.
};

/// Removes what is expired, damaged or too much, and gives the space back to the file system. A
/// database of an earlier version goes as a whole, once nobody wrote to it for `ttl_days` and no
/// service of that version runs. What was removed before a stop stays removed. Also
/// FAILED_PRECONDITION while a service writes.
Result<CachePruneResult> PruneCache(const std::filesystem::path& dir,
                                    const CachePruneOptions& options, int64_t now_seconds,
                                    const std::stop_token& stop = {});

/// Deletes the cache's files, those put aside and those of an earlier version included, and nothing
/// else. A database that is not ours is refused before anything is deleted: FAILED_PRECONDITION,
/// also for a file that is not an SQLite database. A damaged or empty one of ours is deleted. Also
/// FAILED_PRECONDITION while a service writes.
Result<CacheClearResult> ClearCache(const std::filesystem::path& dir,
                                    const std::stop_token& stop = {});

}  // namespace vetor
