// The cache on disk: file names, tables, and the form of a stored vector.
//
// vectors.db is an SQLite database (https://www.sqlite.org/fileformat.html) with user_version 1:
//
//   e(id INTEGER PRIMARY KEY, k BLOB UNIQUE, t INTEGER, v BLOB)
//
//   id  order of use: a row gets the highest id when it is inserted, and again when it is used late
//       in its life. So the table is its own least-recently-used list, without a second index, and
//       eviction frees neighbouring rows, whole pages.
//   k   the CacheKey, 16 bytes
//   t   Unix seconds when the vector was computed
//   v   8 bytes EntryChecksum(k, t, vector), then the float32 vector, both little-endian
//
// Not WITHOUT ROWID: vectors would overflow its pages (measured: 5 times slower inserts).
// That table is all that the database holds. It is compared before anything is changed: a file of
// another version, or of another program that happens to be called vectors.db, is left alone.
// writer.lock beside it is held by the one process that may write.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "cache/cache_key.h"
#include "cache/sqlite_connection.h"

namespace vetor {

inline constexpr int64_t kDiskFormatVersion = 1;
inline constexpr int64_t kPageBytes = 4096;

struct DiskPaths {
  explicit DiskPaths(const std::filesystem::path& dir);
  std::filesystem::path database, log, shared_memory, lock;
};

/// For a writing connection: creates the tables of an empty database and switches to the log.
/// Errors are those of CheckFormat, but for an empty database; then nothing was changed.
Status PrepareTables(SqliteConnection* connection, int checkpoint_pages);

/// FAILED_PRECONDITION for a database of another version or another program; UNAVAILABLE for an
/// empty one, whose writer has not yet made the tables; DATA_LOSS for a damaged one.
Status CheckFormat(SqliteConnection* connection);

/// Bytes of a row's `v`.
inline constexpr size_t StoredBytes(size_t dim) { return sizeof(uint64_t) + dim * sizeof(float); }

/// Writes `v` of a row to `stored` [StoredBytes(vector.size())].
void EncodeStored(const CacheKey& key, int64_t stamp, std::span<const float> vector,
                  std::span<uint8_t> stored);

/// Copies the vector out of `v` and verifies size and checksum; false: damaged.
bool DecodeStored(const CacheKey& key, int64_t stamp, std::span<const uint8_t> stored,
                  std::span<float> vector);

}  // namespace vetor
