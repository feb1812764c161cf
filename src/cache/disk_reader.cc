#include "cache/disk_reader.h"

#include <system_error>

#include "base/status_macros.h"

namespace vetor {
namespace {

constexpr int kReaderCacheKib = 65536;

FileState StateOf(const std::filesystem::path& path) {
  std::error_code error;
  FileState state;
  state.written = std::filesystem::last_write_time(path, error);
  state.bytes = std::filesystem::file_size(path, error);
  return state;
}

// If the log is not empty, a writer is at work or was killed.
bool HasLog(const DiskPaths& paths) {
  std::error_code error;
  return std::filesystem::file_size(paths.log, error) > 0 && !error;
}

}  // namespace

Result<ReadConnection> OpenToRead(const DiskPaths& paths, ReaderFolder folder,
                                  const SqliteOptions& options) {
  SqliteOptions chosen = options;
  chosen.access = SqliteAccess::kRead;
  const auto open = [&]() -> Result<SqliteConnection> {
    VETOR_ASSIGN_OR_RETURN(SqliteConnection connection,
                           SqliteConnection::Open(paths.database, chosen));
    VETOR_RETURN_IF_ERROR(CheckFormat(&connection, paths.version));
    return connection;
  };
  Result<SqliteConnection> shared = open();
  if (shared.ok()) return ReadConnection{*std::move(shared), std::nullopt};
  const bool no_lock = folder == ReaderFolder::kMaybeReadOnly &&
                       shared.status().code() == StatusCode::kPermissionDenied;
  if (!no_lock || HasLog(paths)) return std::move(shared).status();
  // The state is taken before the database is opened, so that every change from now on is noticed.
  const FileState state = StateOf(paths.database);
  chosen.access = SqliteAccess::kImmutable;
  VETOR_ASSIGN_OR_RETURN(SqliteConnection alone, open());
  return ReadConnection{std::move(alone), state};
}

bool DiskReader::Fresh() const {
  return !unchanged_ || (StateOf(paths_.database) == *unchanged_ && !HasLog(paths_));
}

Result<std::unique_ptr<DiskReader>> DiskReader::Open(const DiskPaths& paths, ReaderFolder folder) {
  VETOR_ASSIGN_OR_RETURN(ReadConnection opened,
                         OpenToRead(paths, folder, {.cache_kib = kReaderCacheKib}));
  std::unique_ptr<DiskReader> reader(new DiskReader(std::move(opened), paths));
  SqliteConnection& c = reader->connection_;
  VETOR_ASSIGN_OR_RETURN(reader->begin_, c.Prepare("BEGIN"));
  VETOR_ASSIGN_OR_RETURN(reader->commit_, c.Prepare("COMMIT"));
  VETOR_ASSIGN_OR_RETURN(reader->get_, c.Prepare("SELECT id, t, s, v FROM e WHERE k=?1"));
  return reader;
}

DiskReader::Row DiskReader::FindOne(const CacheKey& key) {
  Row row;
  get_.BindBlob(1, key.bytes);
  code_ = get_.Step();
  if (code_ != SQLITE_ROW) return row;
  row.id = get_.Int(0);
  row.stamp = get_.Int(1);
  row.state = Row::State::kDamaged;
  if (!get_.IsInt(1) || !get_.IsInt(2)) return row;
  const EntryHead head{.key = key, .stamp = row.stamp, .space = get_.Int(2)};
  if (const std::optional<Record> record = DecodeStored(head, get_.Blob(3))) {
    row.record = *record;
    row.state = Row::State::kIntact;
  }
  return row;
}

}  // namespace vetor
