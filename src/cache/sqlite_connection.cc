#include "cache/sqlite_connection.h"

#include <fmt/format.h>

#include <system_error>

#include "base/status_macros.h"

namespace vetor {
namespace {

constexpr int kBusyTimeoutMs = 5000;
constexpr int kStepsPerProgress = 100'000;

StatusCode CodeOf(int extended) {
  if (extended == SQLITE_IOERR_CORRUPTFS || extended == SQLITE_IOERR_DATA) {
    return StatusCode::kDataLoss;
  }
  switch (extended & 0xFF) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
    // Our statements and values are fixed and right, so these codes mean that the tables are not
    // ours any more.
    case SQLITE_ERROR:
    case SQLITE_SCHEMA:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE:
    case SQLITE_TOOBIG:
      return StatusCode::kDataLoss;
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return StatusCode::kResourceExhausted;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return StatusCode::kPermissionDenied;
    default:
      return StatusCode::kUnavailable;
  }
}

// Makes a file: URI of a path and escapes everything unusual (https://www.sqlite.org/uri.html,
// 3.1).
std::string ImmutableUri(const std::filesystem::path& path) {
  std::string uri = "file:";
  for (const char c : path.string()) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '/' || c == '.' || c == '-' || c == '_';
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri + "?immutable=1";
}

}  // namespace

int SqliteStatement::Run() {
  const ForkPass pass;
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = sqlite3_step(statement_);
  const int reset = sqlite3_reset(statement_);
  return code == SQLITE_DONE ? reset : code;
}

std::span<const uint8_t> SqliteStatement::Blob(int column) {
  if (sqlite3_column_type(statement_, column) != SQLITE_BLOB) return {};
  // The pointer is asked for first, because asking for the size first could convert the value.
  const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string SqliteStatement::Text(int column) {
  const ForkPass pass;
  const unsigned char* text = sqlite3_column_text(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return text == nullptr ? std::string() : std::string(text, text + size);
}

Result<SqliteConnection> SqliteConnection::Open(const std::filesystem::path& path,
                                                const SqliteOptions& options) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
  // SQLite would refuse links above the file too.
  std::error_code error;
  std::filesystem::path resolved = std::filesystem::canonical(path.parent_path(), error);
  resolved = error ? path : resolved / path.filename();
  std::string name = resolved.string();
  // SQLite would wait for ever for a writer of a pipe. It looks at links itself.
  const auto type = std::filesystem::symlink_status(resolved, error).type();
  if (type != std::filesystem::file_type::not_found && type != std::filesystem::file_type::none &&
      type != std::filesystem::file_type::regular && type != std::filesystem::file_type::symlink) {
    return FailedPreconditionError(path.string() +
                                   " is a folder, device or pipe, expected a file: it is left "
                                   "alone; remove it or name another cache folder");
  }
  switch (options.access) {
    case SqliteAccess::kWrite:
      flags |= SQLITE_OPEN_READWRITE;
      break;
    case SqliteAccess::kRead:
      flags |= SQLITE_OPEN_READONLY;
      break;
    case SqliteAccess::kImmutable:
      flags |= SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
      name = ImmutableUri(resolved);
      break;
  }
  const ForkPass pass;
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &database, flags, nullptr);
  SqliteConnection connection(database, path);
  if (database == nullptr) return ResourceExhaustedError("no memory to open " + path.string());
  if (code == SQLITE_CANTOPEN_SYMLINK) {
    return FailedPreconditionError(path.string() +
                                   " is a symbolic link, expected a file: it is left alone; remove "
                                   "the link or name another cache folder");
  }
  if (code != SQLITE_OK) return connection.Error("cannot open");
  VETOR_RETURN_IF_ERROR(connection.Configure(options).WithContext("cannot set up"));
  return connection;
}

Status SqliteConnection::Configure(const SqliteOptions& options) {
  sqlite3_busy_timeout(database_, kBusyTimeoutMs);
  sqlite3_db_config(database_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // This holds until UseLog: a file that turns out to be another program's is closed as it was.
  sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_limit(database_, SQLITE_LIMIT_LENGTH, kMostBytesPerValue);
  steps_->stop = options.stop;
  sqlite3_progress_handler(database_, kStepsPerProgress, &OnProgress, steps_.get());
  return Execute(fmt::format("PRAGMA cache_size=-{}; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON",
                             options.cache_kib)
                     .c_str());
}

int SqliteConnection::OnProgress(void* steps) {
  auto* counted = static_cast<Steps*>(steps);
  counted->left -= kStepsPerProgress;
  // Between two steps none of SQLite's mutexes is held, so a fork may pass here.
  LetForkPass();
  return counted->left < 0 || counted->stop.stop_requested() ? 1 : 0;
}

void SqliteConnection::KeepLogOnClose() {
  const ForkPass pass;
  sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

Status SqliteConnection::UseLog(int checkpoint_pages) {
  const ForkPass pass;
  VETOR_ASSIGN_OR_RETURN(SqliteStatement wal, Prepare("PRAGMA journal_mode=WAL"));
  const int code = wal.Step();
  if (code != SQLITE_ROW) return Error("cannot switch on the write-ahead log of");
  const std::string mode = wal.Text(0);
  if (mode != "wal") {
    return UnavailableError(fmt::format(
        "{} keeps journal mode {}, expected wal: its file system has no shared memory; choose a "
        "folder on a local disk",
        path_.string(), mode));
  }
  sqlite3_db_config(database_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
  // The log keeps its size after a checkpoint unless told to shrink, so it is bounded to twice the
  // checkpoint's mark.
  return Execute(fmt::format("PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; "
                             "PRAGMA wal_autocheckpoint={}; PRAGMA journal_size_limit={}",
                             checkpoint_pages, checkpoint_pages * 4096LL * 2)
                     .c_str());
}

Status SqliteConnection::Execute(const char* sql) {
  const ForkPass pass;
  const int code = sqlite3_exec(database_, sql, nullptr, nullptr, nullptr);
  return Check(code, "cannot use");
}

Result<SqliteStatement> SqliteConnection::Prepare(std::string_view sql) {
  const ForkPass pass;
  SqliteStatement statement;
  const int code = sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement.statement_, nullptr);
  if (code != SQLITE_OK) return Error("cannot prepare a statement for");
  return statement;
}

Result<int64_t> SqliteConnection::QueryInt(std::string_view sql) {
  VETOR_ASSIGN_OR_RETURN(SqliteStatement statement, Prepare(sql));
  if (statement.Step() != SQLITE_ROW) return Error("cannot query");
  return statement.Int(0);
}

Status SqliteConnection::Error(std::string_view what) const {
  const ForkPass pass;
  const int extended = sqlite3_extended_errcode(database_);
  if (extended == SQLITE_INTERRUPT && steps_->stop.stop_requested()) {
    return CancelledError("interrupted while using " + path_.string());
  }
  if (extended == SQLITE_INTERRUPT) {
    return DataLossError(fmt::format("{} {}: it takes more steps than a sound database of its size",
                                     what, path_.string()));
  }
  return Status(CodeOf(extended), fmt::format("{} {}: {} (SQLite code {})", what, path_.string(),
                                              sqlite3_errmsg(database_), extended));
}

Status SqliteConnection::Check(int code, std::string_view what) const {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return Status();
  return Error(what);
}

}  // namespace vetor
