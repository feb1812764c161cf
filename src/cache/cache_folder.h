// The database of a cache folder from outside a service: counts its content, checks it, and makes
// it smaller. The public functions (vetor/cache.h) are made of these.
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
#include "vetor/cache.h"
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
  /// Entries of spaces that are not recorded, or no longer.
  int64_t entries_of_no_space = 0;
};

struct CacheFolderCheck {
  int64_t entries = 0;
  int64_t damaged = 0;                          ///< Checksums that do not match.
  std::string integrity;                        ///< SQLite's own check: "ok", or its findings.
  std::map<int64_t, int64_t> entries_by_bytes;  ///< Payload bytes of the intact entries.
  bool sound() const { return damaged == 0 && integrity == "ok"; }
};

/// Errors of all: NOT_FOUND if `dir` holds no cache; those of SqliteConnection; CANCELLED once
/// `stop` is requested; FAILED_PRECONDITION for a database of another version or program, which is
/// left as it is. All of them end, whatever the file holds. The first two only read, also beside a
/// service that writes.
Result<CacheFolderStats> ReadCacheFolder(const std::filesystem::path& dir,
                                         const std::stop_token& stop = {});

/// The vector spaces alone, latest use first, without the number of their entries: some reads,
/// however large the cache is.
Result<std::vector<StoredSpace>> ReadCacheSpaces(const std::filesystem::path& dir);

/// Reads every entry: a second a gigabyte or more. `progress(done)` is called now and then.
Result<CacheFolderCheck> CheckCacheFolder(const std::filesystem::path& dir,
                                          const std::function<void(int64_t)>& progress,
                                          const std::stop_token& stop = {});

/// As the public PruneCache (vetor/cache.h), at a time that the caller says.
Result<CachePruneResult> PruneCacheFolder(const std::filesystem::path& dir,
                                          const CachePruneOptions& options, int64_t now_seconds,
                                          const std::stop_token& stop = {});

/// As the public ClearCache, without the compiled tokenizers.
Result<CacheClearResult> ClearCacheFolder(const std::filesystem::path& dir,
                                          const std::stop_token& stop = {});

}  // namespace vetor
