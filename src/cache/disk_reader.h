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

/// What a reader may do in the folder.
enum class ReaderFolder {
  kWritable,
  kMaybeReadOnly,  ///< Perhaps not even a lock can be taken.
};

/// A file's state as seen from outside.
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

/// Opens a database to read, and checks its format. In a folder in which SQLite can take no lock,
/// and which holds no log, it is opened as immutable. Errors: those of SqliteConnection and
/// CheckFormat.
Result<ReadConnection> OpenToRead(const DiskPaths& paths, ReaderFolder folder,
                                  const SqliteOptions& options);

/// One thread at a time.
class DiskReader {
 public:
  /// Errors: those of SqliteConnection and CheckFormat.
  static Result<std::unique_ptr<DiskReader>> Open(const DiskPaths& paths, ReaderFolder folder);

  /// False once a file that was opened as immutable was changed all the same, or got a log. Then
  /// the pages that SQLite has read are stale, so open a new reader.
  bool Fresh() const;

  struct Row {
    enum class State { kAbsent, kIntact, kDamaged };
    State state = State::kAbsent;
    int64_t id = 0;     ///< Order of use, see disk_format.h.
    int64_t stamp = 0;  ///< Unix seconds; to be trusted only in an intact row.
    Record record;      ///< Of an intact row; valid until `found` returns.
  };

  /// Looks keys[i] up for each i that `records` lacks, all in one snapshot, and calls found(i,
  /// row). An error may come after some rows were found.
  template <typename Found>
  Status Find(std::span<const CacheKey> keys, const RecordList& records, Found found) {
    const ForkPass pass;
    connection_.AllowSteps(SqliteConnection::kUsualSteps);
    // A single look-up is its own snapshot; for more, one transaction saves 4 system calls each.
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
  int code_ = SQLITE_OK;  // Of the latest look-up.
};

}  // namespace vetor
