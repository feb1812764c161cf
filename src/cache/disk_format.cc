#include "cache/disk_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <functional>
#include <numeric>
#include <string>
#include <string_view>

#include "base/status_macros.h"

namespace vetor {

static_assert(std::endian::native == std::endian::little, "the stored form is little-endian");

namespace {

// The tables letter by letter as sqlite_schema keeps them.
constexpr std::string_view kCreateTables =
    "CREATE TABLE e(id INTEGER PRIMARY KEY, k BLOB NOT NULL, s INTEGER NOT NULL, t INTEGER NOT "
    "NULL,"
    " v BLOB NOT NULL, UNIQUE(k, s));"
    "CREATE TABLE s(id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, model TEXT NOT NULL,"
    " runtime TEXT NOT NULL, precision TEXT NOT NULL, first_use INTEGER NOT NULL,"
    " last_use INTEGER NOT NULL)";
constexpr std::string_view kSchema =
    "table e e CREATE TABLE e(id INTEGER PRIMARY KEY, k BLOB NOT NULL, s INTEGER NOT NULL,"
    " t INTEGER NOT NULL, v BLOB NOT NULL, UNIQUE(k, s))\n"
    "index sqlite_autoindex_e_1 e \n"
    "table s s CREATE TABLE s(id INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL,"
    " model TEXT NOT NULL, runtime TEXT NOT NULL, precision TEXT NOT NULL,"
    " first_use INTEGER NOT NULL, last_use INTEGER NOT NULL)\n";
constexpr std::string_view kOldSchema =
    "table e e CREATE TABLE e(id INTEGER PRIMARY KEY, k BLOB NOT NULL UNIQUE, t INTEGER NOT NULL,"
    " v BLOB NOT NULL)\n"
    "index sqlite_autoindex_e_1 e \n";
constexpr int64_t kIncrementalVacuum = 2;
// Opening a database takes some hundred steps.
constexpr int64_t kStepsToOpen = 10'000'000;

// Where the parts of a stored record lie.
constexpr size_t kTokensAt = sizeof(uint64_t);
constexpr size_t kFlagsAt = kTokensAt + sizeof(uint32_t);
constexpr uint32_t kTruncated = 1;

enum class Content { kOurs, kEmpty };

Status LeftAlone(const SqliteConnection& connection, std::string_view why) {
  return FailedPreconditionError(fmt::format(
      "{} {}: it is left alone; name another cache folder, or delete the file if nobody "
      "needs it",
      connection.path().string(), why));
}

// Lists tables, indexes, views and triggers, one per line. It reads at most four lines, because
// ours has three.
Result<std::string> ReadSchema(SqliteConnection* connection) {
  VETOR_ASSIGN_OR_RETURN(
      SqliteStatement rows,
      connection->Prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema LIMIT 4"));
  std::string schema;
  int code = SQLITE_ROW;
  while ((code = rows.Step()) == SQLITE_ROW) {
    schema += fmt::format("{} {} {} {}\n", rows.Text(0), rows.Text(1), rows.Text(2), rows.Text(3));
  }
  VETOR_RETURN_IF_ERROR(connection->Check(code, "cannot read the tables of"));
  return schema;
}

// No program writes our table with a few wrong letters: a damaged disk does.
bool FewBytesDiffer(std::string_view found, std::string_view expected) {
  constexpr int kFew = 8;
  if (found.size() != expected.size()) return false;
  return std::inner_product(found.begin(), found.end(), expected.begin(), 0, std::plus<>(),
                            std::not_equal_to<>()) <= kFew;
}

Result<Content> ReadContent(SqliteConnection* connection, int64_t expected) {
  connection->AllowSteps(kStepsToOpen);
  VETOR_ASSIGN_OR_RETURN(const int64_t version, connection->QueryInt("PRAGMA user_version"));
  VETOR_ASSIGN_OR_RETURN(const int64_t program, connection->QueryInt("PRAGMA application_id"));
  VETOR_ASSIGN_OR_RETURN(const std::string schema, ReadSchema(connection));
  connection->AllowSteps(SqliteConnection::kUsualSteps);
  if (program != 0) {
    return LeftAlone(*connection,
                     fmt::format("belongs to another program (application id {})", program));
  }
  if (version == 0 && schema.empty()) return Content::kEmpty;
  if (version != expected) {
    return LeftAlone(*connection, fmt::format("has format {}, expected {}: it belongs to another "
                                              "version of vetor or to another program",
                                              version, expected));
  }
  const std::string_view ours = expected == kOldDiskFormatVersion ? kOldSchema : kSchema;
  if (schema == ours) return Content::kOurs;
  if (FewBytesDiffer(schema, ours)) {
    return DataLossError("the tables' text in " + connection->path().string() + " is damaged");
  }
  return LeftAlone(*connection,
                   "holds other tables than a cache of vectors: it belongs to another program");
}

// Page size and vacuum mode are fixed once a database has its first page. With another page size
// the bounds would be wrong, and without incremental vacuum a file never gets smaller.
Status CheckPages(SqliteConnection* connection) {
  VETOR_ASSIGN_OR_RETURN(const int64_t vacuum, connection->QueryInt("PRAGMA auto_vacuum"));
  VETOR_ASSIGN_OR_RETURN(const int64_t bytes, connection->QueryInt("PRAGMA page_size"));
  if (vacuum == kIncrementalVacuum && bytes == kPageBytes) return Status();
  return LeftAlone(*connection,
                   fmt::format("was rewritten by another program: it has auto_vacuum {} and pages "
                               "of {} bytes, expected {} and {}",
                               vacuum, bytes, kIncrementalVacuum, kPageBytes));
}

}  // namespace

DiskPaths::DiskPaths(const std::filesystem::path& dir, int64_t format_version)
    : version(format_version) {
  const bool old = version == kOldDiskFormatVersion;
  database = dir / (old ? "vectors.db" : "vectors-2.db");
  log = database.string() + "-wal";
  shared_memory = database.string() + "-shm";
  lock = dir / (old ? "writer.lock" : "vectors-2.lock");
}

Status CheckFormat(SqliteConnection* connection, int64_t version) {
  VETOR_ASSIGN_OR_RETURN(const Content content, ReadContent(connection, version));
  if (content == Content::kOurs) return CheckPages(connection);
  return UnavailableError(connection->path().string() +
                          " is empty: no service has begun to fill it");
}

Status PrepareTables(SqliteConnection* connection, int checkpoint_pages) {
  VETOR_ASSIGN_OR_RETURN(const Content content, ReadContent(connection, kDiskFormatVersion));
  if (content == Content::kEmpty) {
    VETOR_RETURN_IF_ERROR(
        connection->Execute("PRAGMA page_size=4096; PRAGMA auto_vacuum=INCREMENTAL"));
  }
  VETOR_RETURN_IF_ERROR(CheckPages(connection));
  VETOR_RETURN_IF_ERROR(connection->UseLog(checkpoint_pages));
  if (content == Content::kOurs) return Status();
  // All of it is one transaction, so a process that is killed here leaves an empty file and not
  // half a format.
  return connection->Execute(fmt::format("BEGIN IMMEDIATE; {}; PRAGMA user_version={}; COMMIT",
                                         kCreateTables, kDiskFormatVersion)
                                 .c_str());
}

void EncodeStored(const EntryHead& head, const Record& record, std::vector<uint8_t>* stored) {
  const uint64_t checksum = EntryChecksum(head, record);
  const uint32_t flags = record.info.truncated ? kTruncated : 0;
  stored->resize(StoredBytes(record.payload.size()));
  std::memcpy(stored->data(), &checksum, sizeof checksum);
  std::memcpy(stored->data() + kTokensAt, &record.info.tokens, sizeof record.info.tokens);
  std::memcpy(stored->data() + kFlagsAt, &flags, sizeof flags);
  std::copy(record.payload.begin(), record.payload.end(), stored->begin() + kStoredHeadBytes);
}

std::optional<Record> DecodeStored(const EntryHead& head, std::span<const uint8_t> stored) {
  if (stored.size() < kStoredHeadBytes) return std::nullopt;
  Record record;
  uint64_t checksum = 0;
  uint32_t flags = 0;
  std::memcpy(&checksum, stored.data(), sizeof checksum);
  std::memcpy(&record.info.tokens, stored.data() + kTokensAt, sizeof record.info.tokens);
  std::memcpy(&flags, stored.data() + kFlagsAt, sizeof flags);
  record.info.truncated = (flags & kTruncated) != 0;
  record.payload.bytes = stored.subspan(kStoredHeadBytes);
  const bool intact = (flags & ~kTruncated) == 0 && EntryChecksum(head, record) == checksum;
  return intact ? std::optional(record) : std::nullopt;
}

}  // namespace vetor
