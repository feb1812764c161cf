// The cache on disk: file names, tables, and the form of a stored record.
//
// vectors-2.db is an SQLite database (https://www.sqlite.org/fileformat.html) with user_version 2:
//
//   e(id INTEGER PRIMARY KEY, k BLOB, s INTEGER, t INTEGER, v BLOB, UNIQUE(k, s))
//   s(id INTEGER PRIMARY KEY, fingerprint, model, runtime, precision TEXT, first_use, last_use
//     INTEGER)
//
//   e.id  order of use: a row gets the highest id when it is inserted, and again when it is used
//         late in its life. So the table is its own least-recently-used list, without a second
//         index, and eviction frees neighbouring rows, whole pages.
//   e.k   the CacheKey, 16 bytes. The writer keeps one row per key, whatever its s. Up to November
//         2026 it did not where a space was forgotten and used again: of several rows any is right.
//   e.s   the row of s that says which vector space the record is of; without one if the space was
//         forgotten. It is in the index so that counting the entries of each space reads the index
//         alone.
//   e.t   Unix seconds when the record was computed
//   e.v   little-endian: 8 bytes EntryChecksum over k, s, t and the rest; u32 tokens; u32 flags
//         (bit 0: truncated); the payload
//   s     one row per vector space (vector_space.h); times are Unix seconds. Of more than 1,000
//         the least recently used are forgotten.
//
// Not WITHOUT ROWID: vectors would overflow its pages (measured: 5 times slower inserts).
// These tables are all that the database holds. They are compared before anything is changed: a
// file of another version, or of another program that happens to have its name, is left alone.
// vectors-2.lock beside it is held by the one process that may write.
//
// Up to November 2026 there was format 1, in vectors.db under writer.lock, which versions of that
// time still read and write. Both may be used in one folder at the same time: neither touches the
// other's files (old_database.h removes those that are not used any more).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "cache/cache_key.h"
#include "cache/entry_checksum.h"
#include "cache/record.h"
#include "cache/sqlite_connection.h"

namespace vetor {

inline constexpr int64_t kDiskFormatVersion = 2;
inline constexpr int64_t kOldDiskFormatVersion = 1;
inline constexpr int64_t kPageBytes = 4096;

struct DiskPaths {
  explicit DiskPaths(const std::filesystem::path& dir, int64_t version = kDiskFormatVersion);
  int64_t version;
  std::filesystem::path database, log, shared_memory, lock;
};

/// Takes a writing connection, creates the tables of an empty database and switches it to the
/// write-ahead log. Errors are those of CheckFormat, except for an empty database; after an error
/// nothing has changed.
Status PrepareTables(SqliteConnection* connection, int checkpoint_pages);

/// FAILED_PRECONDITION for a database of another version or another program; UNAVAILABLE for an
/// empty one, whose writer has not made the tables yet; DATA_LOSS for a damaged one.
Status CheckFormat(SqliteConnection* connection, int64_t version = kDiskFormatVersion);

/// Bytes of a row's `v`.
inline constexpr size_t kStoredHeadBytes = sizeof(uint64_t) + 2 * sizeof(uint32_t);
inline constexpr size_t StoredBytes(size_t payload_bytes) {
  return kStoredHeadBytes + payload_bytes;
}

/// Writes column `v` of a row to `stored`.
void EncodeStored(const EntryHead& head, const Record& record, std::vector<uint8_t>* stored);

/// The record in column `v`, whose payload is a view of `stored`; nullopt if it is damaged.
std::optional<Record> DecodeStored(const EntryHead& head, std::span<const uint8_t> stored);

}  // namespace vetor
