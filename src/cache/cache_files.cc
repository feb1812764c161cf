#include "cache/cache_files.h"

#include <fmt/format.h>

#include <string_view>
#include <system_error>
#include <utility>

#include "base/status_macros.h"
#include "cache/disk_reader.h"
#include "cache/put_aside.h"
#include "os/file.h"

namespace vetor {
namespace {

bool IsThere(const std::filesystem::path& path) {
  std::error_code error;
  const auto type = std::filesystem::symlink_status(path, error).type();
  return type != std::filesystem::file_type::not_found && type != std::filesystem::file_type::none;
}

bool BeginsAsSqlite(const std::filesystem::path& path) {
  constexpr std::string_view kBeginning("SQLite format 3\0", 16);
  const Result<MappedFile> file = MappedFile::Open(path);
  return file.ok() && file->bytes().starts_with(kBeginning);
}

}  // namespace

int64_t FileBytes(const std::filesystem::path& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<int64_t>(bytes);
}

bool HasDatabase(const DiskPaths& paths) { return IsThere(paths.database); }

std::vector<std::filesystem::path> CacheFilesOf(const DiskPaths& paths) {
  std::vector<std::filesystem::path> files = {paths.database, paths.log, paths.shared_memory};
  for (const PutAsideDatabase& aside : ListPutAside(paths)) {
    files.insert(files.end(), {aside.database, aside.log});
  }
  std::erase_if(files, [](const std::filesystem::path& file) { return !IsThere(file); });
  return files;
}

Result<SqliteConnection> OpenToLook(const DiskPaths& paths, const std::stop_token& stop) {
  if (!HasDatabase(paths)) return NotFoundError(paths.database.string() + " is not there");
  VETOR_ASSIGN_OR_RETURN(ReadConnection opened,
                         OpenToRead(paths, ReaderFolder::kMaybeReadOnly, {.stop = stop}));
  return std::move(opened.connection);
}

bool NotBegun(const Status& status, const DiskPaths& paths) {
  // A file of one page or less holds only the beginning of a database.
  return status.code() == StatusCode::kUnavailable && FileBytes(paths.database) <= kPageBytes;
}

Status RequireOurs(const DiskPaths& paths, const std::stop_token& stop) {
  Status status = OpenToLook(paths, stop).status();
  if (status.ok() || status.code() == StatusCode::kNotFound) return Status();
  if (NotBegun(status, paths)) return Status();
  if (status.code() != StatusCode::kDataLoss) return status;
  if (BeginsAsSqlite(paths.database)) return Status();
  return FailedPreconditionError(
      fmt::format("{} is not an SQLite database, so it may belong to another program: it is left "
                  "alone; delete the file if nobody needs it",
                  paths.database.string()));
}

Result<FileLock> LockForChange(const DiskPaths& paths) {
  Result<FileLock> lock = FileLock::TryAcquire(paths.lock);
  if (lock.ok() || lock.status().code() != StatusCode::kFailedPrecondition) return lock;
  return FailedPreconditionError(fmt::format("{} is in use by a running service; stop it first",
                                             paths.database.parent_path().string()));
}

Result<std::optional<FileLock>> LockIfThere(const DiskPaths& paths) {
  if (!IsThere(paths.lock)) return std::optional<FileLock>();
  VETOR_ASSIGN_OR_RETURN(FileLock lock, LockForChange(paths));
  return std::optional<FileLock>(std::move(lock));
}

Status DeleteCacheFile(const std::filesystem::path& file, CacheClearResult* result) {
  const int64_t bytes = file.native().ends_with("-shm") ? 0 : FileBytes(file);
  std::error_code error;
  const bool removed = std::filesystem::remove(file, error);
  if (error) return ErrnoError(error.value(), "cannot delete", file);
  if (!removed) return Status();
  ++result->files;
  result->bytes += bytes;
  return Status();
}

}  // namespace vetor
