// Works on the database of a cache folder without a service: counts its content, checks it, and
// makes it smaller. The public functions (vetor/cache.h) are built on these.
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
  int64_t database_bytes = 0;       ///< vectors-2.db
  int64_t log_bytes = 0;            ///< The database's write-ahead log.
  int64_t unused_bytes = 0;         ///< Free pages inside the database, which will be used again.
  int64_t damaged_bytes = 0;        ///< Databases of any version that were put aside (put_aside.h).
  OldDatabase old;                  ///< vectors.db of an earlier version, which no service uses.
  std::vector<StoredSpace> spaces;  ///< Sorted by latest use, the latest first.
  /// Entries whose space was never recorded or has been forgotten.
  int64_t entries_of_no_space = 0;
};

struct CacheFolderCheck {
  int64_t entries = 0;
  int64_t damaged = 0;    ///< Entries whose checksum does not match.
  std::string integrity;  ///< SQLite's own check: "ok", or its findings.
  /// How many intact entries have a payload of so many bytes.
  std::map<int64_t, int64_t> entries_by_bytes;
  bool sound() const { return damaged == 0 && integrity == "ok"; }
};

/// All functions below end, whatever the file holds. Errors: NOT_FOUND if `dir` holds no cache;
/// those of SqliteConnection; CANCELLED once `stop` is requested; FAILED_PRECONDITION for a
/// database of another version or program, which is left as it is. The first two only read, and may
/// run beside a service that writes.
Result<CacheFolderStats> ReadCacheFolder(const std::filesystem::path& dir,
                                         const std::stop_token& stop = {});

/// Reads only the vector spaces, latest use first, without counting their entries. This takes a few
/// reads, however large the cache is.
Result<std::vector<StoredSpace>> ReadCacheSpaces(const std::filesystem::path& dir);

/// Reads every entry, at a gigabyte per second or less. `progress(done)` is called now and then.
Result<CacheFolderCheck> CheckCacheFolder(const std::filesystem::path& dir,
                                          const std::function<void(int64_t)>& progress,
                                          const std::stop_token& stop = {});

/// As the public PruneCache (vetor/cache.h), with the time given by the caller.
Result<CachePruneResult> PruneCacheFolder(const std::filesystem::path& dir,
                                          const CachePruneOptions& options, int64_t now_seconds,
                                          const std::stop_token& stop = {});

/// As the public ClearCache, but compiled tokenizers stay.
Result<CacheClearResult> ClearCacheFolder(const std::filesystem::path& dir,
                                          const std::stop_token& stop = {});

}  // namespace vetor
