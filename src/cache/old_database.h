// The database of an earlier version of vetor (disk_format.h). No service reads or changes it.
// `vetor cache stats` and `vetor doctor` name it, and `vetor cache prune` and `clear` delete it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>

#include "cache/cache_files.h"
#include "vetor/status.h"

namespace vetor {

struct OldDatabase {
  int64_t bytes = 0;       ///< Bytes of the database and its log. 0: there is no old database.
  int64_t last_write = 0;  ///< Unix seconds.
};

/// Looks only from outside and takes no lock.
OldDatabase LookAtOldDatabase(const std::filesystem::path& dir);

/// Deletes it with its log, shared memory and lock, if nothing was written to it since `oldest`
/// (Unix seconds), no process of an earlier version holds its lock, and it is ours. Returns what
/// was deleted. Errors: as ErrnoError; CANCELLED.
Result<CacheClearResult> PruneOldDatabase(const std::filesystem::path& dir, int64_t oldest,
                                          const std::stop_token& stop);

}  // namespace vetor
