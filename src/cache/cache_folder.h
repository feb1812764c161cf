// A cache folder from outside a service: what it holds, whether it is sound, and making it smaller.
// What `vetor cache` and `vetor doctor` show.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>

#include "vetor/status.h"

namespace vetor {

struct CacheFolderStats {
  int64_t entries = 0;
  int64_t database_bytes = 0;  ///< vectors.db
  int64_t log_bytes = 0;       ///< Its write-ahead log.
  int64_t unused_bytes = 0;    ///< Inside the database, to be used again.
  int64_t damaged_bytes = 0;   ///< Databases that were put aside (put_aside.h).
};

struct CacheFolderCheck {
  int64_t entries = 0;
  int64_t damaged = 0;                        ///< Checksums that do not match.
  std::string integrity;                      ///< SQLite's own check: "ok", or its findings.
  std::map<int64_t, int64_t> entries_by_dim;  ///< Of the intact ones.
  bool sound() const { return damaged == 0 && integrity == "ok"; }
};

/// Errors of all: NOT_FOUND where `dir` holds no cache; those of SqliteConnection; CANCELLED once
/// `stop` is requested; FAILED_PRECONDITION for a database of another version or program, which is
/// left as it is. All of them end, whatever the file holds. The first two only read, also beside a
/// service that writes.
Result<CacheFolderStats> ReadCacheStats(const std::filesystem::path& dir,
                                        std::stop_token stop = {});

/// Reads every entry: a second a gigabyte or more. `progress(done)` is called now and then.
Result<CacheFolderCheck> CheckCache(const std::filesystem::path& dir,
                                    const std::function<void(int64_t)>& progress,
                                    std::stop_token stop = {});

struct CachePruneOptions {
  double ttl_days = 7;            ///< Entries older than this go, and those from the future.
  int64_t max_bytes = 1LL << 30;  ///< Then the least recently used, down to this.
};
struct CachePruneResult {
  int64_t expired = 0;
  int64_t damaged = 0;  ///< Entries with a wrong checksum, removed too.
  int64_t evicted = 0;
};

/// Removes what is expired, damaged or too much, and gives the space back to the file system. What
/// was removed before a stop stays removed. Also FAILED_PRECONDITION while a service writes.
Result<CachePruneResult> PruneCache(const std::filesystem::path& dir,
                                    const CachePruneOptions& options, int64_t now_seconds,
                                    std::stop_token stop = {});

struct CacheClearResult {
  int64_t files = 0;
  int64_t bytes = 0;
};

/// Deletes the cache's files, those put aside included, and nothing else. A database that is not
/// ours is refused before anything is deleted: FAILED_PRECONDITION, also for a file that is no
/// SQLite database. A damaged or empty one of ours is deleted. Also FAILED_PRECONDITION while a
/// service writes.
Result<CacheClearResult> ClearCache(const std::filesystem::path& dir, std::stop_token stop = {});

}  // namespace vetor
