#include "cache/disk_format.h"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <system_error>

#include "base/file.h"
#include "base/status_macros.h"
#include "cache/entry_checksum.h"

namespace vetor {

static_assert(std::endian::native == std::endian::little, "the stored form is little-endian");

DiskPaths::DiskPaths(const std::filesystem::path& dir)
    : database(dir / "vectors.db"),
      log(dir / "vectors.db-wal"),
      shared_memory(dir / "vectors.db-shm"),
      lock(dir / "writer.lock"),
      damaged(dir / "vectors.db.damaged"),
      damaged_log(dir / "vectors.db.damaged-wal") {}

Status CheckFormat(SqliteConnection* connection) {
  VETOR_ASSIGN_OR_RETURN(const int64_t version, connection->QueryInt("PRAGMA user_version"));
  if (version != kDiskFormatVersion) {
    return DataLossError(fmt::format("{} has format {}, expected {}", connection->path().string(),
                                     version, kDiskFormatVersion));
  }
  return Status();
}

Status PrepareTables(SqliteConnection* connection) {
  VETOR_ASSIGN_OR_RETURN(const int64_t version, connection->QueryInt("PRAGMA user_version"));
  VETOR_ASSIGN_OR_RETURN(const int64_t tables,
                         connection->QueryInt("SELECT count(*) FROM sqlite_schema"));
  if (version != 0 || tables != 0) return CheckFormat(connection);
  // One transaction: a process killed here leaves an empty file, not half a format.
  return connection->Execute(fmt::format("BEGIN IMMEDIATE;"
                                         "CREATE TABLE e(id INTEGER PRIMARY KEY,"
                                         " k BLOB NOT NULL UNIQUE, t INTEGER NOT NULL,"
                                         " v BLOB NOT NULL);"
                                         "PRAGMA user_version={};"
                                         "COMMIT",
                                         kDiskFormatVersion)
                                 .c_str());
}

Status Quarantine(const DiskPaths& paths) {
  std::error_code error;
  std::filesystem::remove(paths.damaged_log, error);
  std::filesystem::rename(paths.log, paths.damaged_log, error);  // Often there is none.
  std::filesystem::remove(paths.shared_memory, error);
  std::filesystem::rename(paths.database, paths.damaged, error);
  if (error) return ErrnoError(error.value(), "cannot rename aside", paths.database);
  return Status();
}

void EncodeStored(const CacheKey& key, int64_t stamp, std::span<const float> vector,
                  std::span<uint8_t> stored) {
  const uint64_t checksum = EntryChecksum(key, stamp, vector);
  std::memcpy(stored.data(), &checksum, sizeof checksum);
  std::memcpy(stored.data() + sizeof checksum, vector.data(), vector.size_bytes());
}

bool DecodeStored(const CacheKey& key, int64_t stamp, std::span<const uint8_t> stored,
                  std::span<float> vector) {
  if (stored.size() != StoredBytes(vector.size())) return false;
  uint64_t checksum = 0;
  std::memcpy(&checksum, stored.data(), sizeof checksum);
  std::memcpy(vector.data(), stored.data() + sizeof checksum, vector.size_bytes());
  return EntryChecksum(key, stamp, vector) == checksum;
}

}  // namespace vetor
