// Damaged databases, kept so that their cause can be found.
//
// A database that is damaged is renamed to vectors-2.db.damaged.1, the next one to .2, and so on,
// each with its log beside it (.1-wal): an earlier one is never overwritten. Four are kept, because
// each may be as large as the cache; before a fifth is added, the oldest is deleted. Earlier
// versions of vetor kept a single one of vectors.db as vectors.db.damaged, which counts as the
// oldest of theirs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "cache/disk_format.h"
#include "vetor/status.h"

namespace vetor {

inline constexpr size_t kMostPutAside = 4;

struct PutAsideDatabase {
  int64_t number = 0;
  std::filesystem::path database, log;  ///< One of the two may be missing.
};

/// Lists the databases that were put aside in a cache folder, oldest first.
std::vector<PutAsideDatabase> ListPutAside(const DiskPaths& paths);

/// Renames the database and its log aside and returns the new name of the database. REQUIRES: the
/// lock held, no connection of this process open. Errors: as ErrnoError.
Result<std::filesystem::path> PutAside(const DiskPaths& paths);

}  // namespace vetor
