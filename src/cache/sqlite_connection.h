// Wraps SQLite with the settings that the cache needs; its codes become Status.
//
// SQLite has global mutexes (for memory, for its list of open files), so every call of it holds a
// pass (os/fork_guard.h): a fork waits until none of them runs, and the child finds the mutexes
// free. A forked child must not share an unfinished transaction: a function with several calls in
// one transaction holds a pass around all of them.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "os/fork_guard.h"
#include "vetor/status.h"

namespace vetor {

/// A prepared statement. Used by one thread at a time, like its connection, which outlives it.
/// Step and Reset give SQLite's own codes, because a look-up must not pay for a Status.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  SqliteStatement(SqliteStatement&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)) {}
  SqliteStatement& operator=(SqliteStatement&& other) noexcept {
    std::swap(statement_, other.statement_);
    return *this;
  }
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;
  ~SqliteStatement() {
    const ForkPass pass;
    sqlite3_finalize(statement_);
  }

  /// The bytes must live until the next Reset.
  void BindBlob(int parameter, std::span<const uint8_t> bytes) {
    sqlite3_bind_blob64(statement_, parameter, bytes.data(), bytes.size(), SQLITE_STATIC);
  }
  void BindText(int parameter, std::string_view text) {
    sqlite3_bind_text64(statement_, parameter, text.data(), text.size(), SQLITE_STATIC,
                        SQLITE_UTF8);
  }
  void BindInt(int parameter, int64_t value) { sqlite3_bind_int64(statement_, parameter, value); }
  int Step() {
    const ForkPass pass;
    return sqlite3_step(statement_);
  }
  int Reset() {
    const ForkPass pass;
    return sqlite3_reset(statement_);
  }
  /// Steps to the end and resets: SQLITE_OK, or the code of the error.
  int Run();

  bool IsInt(int column) { return sqlite3_column_type(statement_, column) == SQLITE_INTEGER; }
  int64_t Int(int column) { return sqlite3_column_int64(statement_, column); }
  /// Empty if the column is not a blob. Valid until the next Step or Reset.
  std::span<const uint8_t> Blob(int column);
  std::string Text(int column);

 private:
  friend class SqliteConnection;
  sqlite3_stmt* statement_ = nullptr;
};

/// How a connection may touch the database.
enum class SqliteAccess {
  /// The file must exist. At most one such connection per database may exist, over all processes.
  kWrite,
  kRead,  ///< Works beside a writer; never checkpoints, not even if it closes last.
  /// For a file that does not change, in a folder in which SQLite cannot even take a lock.
  kImmutable,
};

struct SqliteOptions {
  SqliteAccess access = SqliteAccess::kRead;
  int cache_kib = 65536;
  std::stop_token stop = {};  ///< A requested stop ends a long statement with CANCELLED.
};

/// One connection, used by one thread at a time, because SQLite's own mutex is switched off. Codes
/// of its errors: DATA_LOSS (damaged, not a database, not of our shape, or endless),
/// RESOURCE_EXHAUSTED (disk full), PERMISSION_DENIED (cannot be opened or written), UNAVAILABLE
/// (input/output, busy), FAILED_PRECONDITION (a symbolic link, which is not followed), CANCELLED.
///
/// No statement runs for ever, whatever the file holds: the steps of SQLite's virtual machine are
/// counted, and AllowSteps begins a new count.
class SqliteConnection {
 public:
  static constexpr int64_t kUsualSteps = 100'000'000;  ///< These take about two seconds.
  /// SQLite refuses to read a larger value. A vector of 2^20 components, the largest that a setting
  /// allows, has 4 MiB.
  static constexpr int kMostBytesPerValue = 16 << 20;

  /// Opening changes nothing in the file. The folder may be a link, but the file may not.
  static Result<SqliteConnection> Open(const std::filesystem::path& path,
                                       const SqliteOptions& options);
  SqliteConnection(SqliteConnection&& other) noexcept
      : database_(std::exchange(other.database_, nullptr)),
        path_(std::move(other.path_)),
        steps_(std::move(other.steps_)) {}
  SqliteConnection& operator=(SqliteConnection&&) = delete;
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;
  ~SqliteConnection() {
    const ForkPass pass;
    sqlite3_close_v2(database_);
  }

  /// Switches a writing connection to the write-ahead log. The log is copied into the database
  /// after `checkpoint_pages` pages and when the last connection closes. The caller must know by
  /// then that the content is ours.
  Status UseLog(int checkpoint_pages);

  /// Closing will not copy the log into the database, because the database will be opened again.
  void KeepLogOnClose();

  /// All statements from now until the next call may take this many steps together.
  void AllowSteps(int64_t steps) { steps_->left = steps; }

  Status Execute(const char* sql);
  Result<SqliteStatement> Prepare(std::string_view sql);
  /// The first column of the first row.
  Result<int64_t> QueryInt(std::string_view sql);

  /// The connection's last error as a Status, which names the action and the file and quotes
  /// SQLite.
  Status Error(std::string_view what) const;
  /// OK for SQLITE_OK, SQLITE_ROW and SQLITE_DONE; otherwise Error(what).
  Status Check(int code, std::string_view what) const;

  /// How many rows the last statement changed.
  int64_t changes() const { return sqlite3_changes64(database_); }
  int64_t last_insert_id() const { return sqlite3_last_insert_rowid(database_); }
  bool in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }
  const std::filesystem::path& path() const { return path_; }

 private:
  struct Steps {
    int64_t left = kUsualSteps;
    std::stop_token stop;
  };
  SqliteConnection(sqlite3* database, std::filesystem::path path)
      : database_(database), path_(std::move(path)), steps_(std::make_unique<Steps>()) {}
  Status Configure(const SqliteOptions& options);
  // SQLite's progress handler; another value than 0 interrupts the statement.
  static int OnProgress(void* steps);

  sqlite3* database_;
  std::filesystem::path path_;
  std::unique_ptr<Steps> steps_;  // On the heap, because SQLite keeps its address.
};

}  // namespace vetor
