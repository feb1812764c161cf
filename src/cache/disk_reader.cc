#include "cache/disk_reader.h"

#include "base/status_macros.h"

namespace vetor {
namespace {

constexpr int kReaderCacheKib = 65536;

}  // namespace

Result<std::unique_ptr<DiskReader>> DiskReader::Open(const std::filesystem::path& database,
                                                     SqliteAccess access) {
  VETOR_ASSIGN_OR_RETURN(
      SqliteConnection connection,
      SqliteConnection::Open(database, {.access = access, .cache_kib = kReaderCacheKib}));
  VETOR_RETURN_IF_ERROR(CheckFormat(&connection));
  std::unique_ptr<DiskReader> reader(new DiskReader(std::move(connection)));
  SqliteConnection& c = reader->connection_;
  VETOR_ASSIGN_OR_RETURN(reader->begin_, c.Prepare("BEGIN"));
  VETOR_ASSIGN_OR_RETURN(reader->commit_, c.Prepare("COMMIT"));
  VETOR_ASSIGN_OR_RETURN(reader->get_, c.Prepare("SELECT id, t, v FROM e WHERE k=?1"));
  return reader;
}

Status DiskReader::FindOne(const CacheKey& key, std::span<float> out, Row* row) {
  get_.BindBlob(1, key.bytes);
  const int code = get_.Step();
  if (code == SQLITE_ROW) {
    row->id = get_.Int(0);
    row->stamp = get_.Int(1);
    const bool intact = get_.IsInt(1) && DecodeStored(key, row->stamp, get_.Blob(2), out);
    row->state = intact ? Row::State::kIntact : Row::State::kDamaged;
  }
  const Status status = connection_.Check(code, "cannot read");
  get_.Reset();
  return status;
}

}  // namespace vetor
