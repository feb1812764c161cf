// The database of an earlier version of vetor (disk_format.h). No service reads or changes it; it
// is named by `vetor cache stats` and `vetor doctor` and leaves with `vetor cache prune` or
// `clear`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>

#include "cache/cache_files.h"
#include "vetor/status.h"

namespace vetor {

struct OldDatabase {
  int64_t bytes = 0;       ///< With its log; 0: there is none.
  int64_t last_write = 0;  ///< Unix seconds.
};

/// From the outside: not even a lock is taken.
OldDatabase LookAtOldDatabase(const std::filesystem::path& dir);

/// Deletes it, with log, shared memory and lock, if it was not written since `oldest` (Unix
/// seconds), no process of an earlier version has its lock, and it is ours. Returns what was
/// deleted. Errors: as ErrnoError; CANCELLED.
Result<CacheClearResult> PruneOldDatabase(const std::filesystem::path& dir, int64_t oldest,
                                          const std::stop_token& stop);

}  // namespace vetor
