// Looks vectors up through one reading connection.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "base/thread_annotations.h"
#include "cache/cache_key.h"
#include "cache/disk_format.h"
#include "cache/sqlite_connection.h"

namespace vetor {

/// One thread at a time.
class DiskReader {
 public:
  /// Errors: those of SqliteConnection; DATA_LOSS for another format.
  static Result<std::unique_ptr<DiskReader>> Open(const std::filesystem::path& database,
                                                  SqliteAccess access);

  struct Row {
    enum class State { kAbsent, kIntact, kDamaged };
    State state = State::kAbsent;
    int64_t id = 0;     ///< Order of use, see disk_format.h.
    int64_t stamp = 0;  ///< Unix seconds; to be trusted only in an intact row.
  };

  /// Looks keys[i] up for each i in `wanted`, all in one snapshot, and calls found(i, row); the
  /// vector of an intact row is at out[i * dim]. An error may come after some rows were found.
  template <typename Found>
  Status Find(std::span<const CacheKey> keys, std::span<const uint32_t> wanted, size_t dim,
              std::span<float> out, Found found) {
    // A single look-up is its own snapshot; for more, one transaction saves 4 system calls each.
    if (wanted.size() > 1) {
      const int code = begin_.Run();
      if (code != SQLITE_OK) return connection_.Error("cannot read");
    }
    Status status;
    for (const uint32_t i : wanted) {
      Row row;
      status = FindOne(keys[i], out.subspan(i * dim, dim), &row);
      if (!status.ok()) break;
      found(i, row);
    }
    if (wanted.size() > 1) commit_.Run();
    return status;
  }

 private:
  explicit DiskReader(SqliteConnection connection) : connection_(std::move(connection)) {}
  Status FindOne(const CacheKey& key, std::span<float> out, Row* row);

  SqliteConnection connection_;
  SqliteStatement begin_, commit_, get_;
};

}  // namespace vetor
