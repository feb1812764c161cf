// Looks records up through one reading connection.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "base/thread_annotations.h"
#include "cache/cache_key.h"
#include "cache/disk_format.h"
#include "cache/sqlite_connection.h"

namespace vetor {

/// How far a reader may change files of the folder.
enum class ReaderFolder {
  kWritable,
  kMaybeReadOnly,  ///< SQLite may not even be able to take a lock there.
};

/// A file's state as seen from outside; it changes when the file does.
struct FileState {
  std::filesystem::file_time_type written;
  uintmax_t bytes = 0;
  friend bool operator==(const FileState&, const FileState&) = default;
};

struct ReadConnection {
  SqliteConnection connection;
  /// Set for a database that was opened as immutable (SqliteAccess::kImmutable).
  std::optional<FileState> unchanged;
};

/// Opens a database for reading, and checks its format. If SQLite cannot take a lock in the folder
/// and the folder holds no log, the database is opened as immutable. Errors: those of
/// SqliteConnection and CheckFormat.
Result<ReadConnection> OpenToRead(const DiskPaths& paths, ReaderFolder folder,
                                  const SqliteOptions& options);

/// Used by one thread at a time.
class DiskReader {
 public:
  /// Errors: those of SqliteConnection and CheckFormat.
  static Result<std::unique_ptr<DiskReader>> Open(const DiskPaths& paths, ReaderFolder folder);

  /// False once a file that was opened as immutable has changed or has a log. The pages that SQLite
  /// has read are stale then, so the caller opens a new reader.
  bool Fresh() const;

  struct Row {
    enum class State { kAbsent, kIntact, kDamaged };
    State state = State::kAbsent;
    int64_t id = 0;     ///< The order of use (disk_format.h).
    int64_t stamp = 0;  ///< Unix seconds. Only an intact row's stamp can be trusted.
    Record record;      ///< Set for an intact row; valid until `found` returns.
  };

  /// Looks up keys[i] for each i that `records` lacks, all in one snapshot, and calls found(i,
  /// row). An error may come after some rows were found.
  template <typename Found>
  Status Find(std::span<const CacheKey> keys, const RecordList& records, Found found) {
    const ForkPass pass;
    connection_.AllowSteps(SqliteConnection::kUsualSteps);
    // One look-up has its own snapshot; for several, one transaction saves 4 system calls each.
    const bool several = records.missing() > 1;
    if (several && begin_.Run() != SQLITE_OK) return connection_.Error("cannot read");
    Status status;
    for (size_t i = 0; i < keys.size() && status.ok(); ++i) {
      if (records.Has(i)) continue;
      const Row row = FindOne(keys[i]);
      status = connection_.Check(code_, "cannot read");
      if (status.ok()) found(i, row);
      get_.Reset();
    }
    if (several) commit_.Run();
    return status;
  }

 private:
  DiskReader(ReadConnection opened, const DiskPaths& paths)
      : paths_(paths), unchanged_(opened.unchanged), connection_(std::move(opened.connection)) {}
  Row FindOne(const CacheKey& key);

  const DiskPaths paths_;
  const std::optional<FileState> unchanged_;
  SqliteConnection connection_;
  SqliteStatement begin_, commit_, get_;
  int code_ = SQLITE_OK;  // SQLite's code for the latest look-up.
};

}  // namespace vetor
