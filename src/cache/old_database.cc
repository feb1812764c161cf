#include "cache/old_database.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/status_macros.h"
#include "cache/disk_format.h"
#include "os/file.h"

namespace vetor {
namespace {

// See https://www.sqlite.org/fileformat.html section 1.3. If a database's first write is still in
// its log, its page has no version yet; a database that was only just made is empty.
bool LooksOld(const std::filesystem::path& path) {
  constexpr std::string_view kBeginning("SQLite format 3\0", 16);
  constexpr size_t kVersionAt = 60;
  constexpr size_t kProgramAt = 68;
  const Result<MappedFile> file = MappedFile::OpenWatched(path);
  if (!file.ok() || file->bytes().empty()) return true;
  std::array<char, 72> head{};
  if (file->bytes().size() < head.size() || !file->ReadAt(0, head).ok()) return false;
  const std::string_view bytes(head.data(), head.size());
  if (!bytes.starts_with(kBeginning)) return false;
  const auto number_at = [&](size_t at) {
    uint32_t number = 0;
    for (const char c : bytes.substr(at, 4)) number = number << 8 | static_cast<uint8_t>(c);
    return number;
  };
  const uint32_t version = number_at(kVersionAt);
  const bool begun = version == 0 && FileBytes(path) <= kPageBytes;
  return (version == kOldDiskFormatVersion || begun) && number_at(kProgramAt) == 0;
}

int64_t LastWrite(const std::filesystem::path& path) {
  std::error_code error;
  const auto written = std::filesystem::last_write_time(path, error);
  if (error) return 0;
  const auto since_epoch =
      std::filesystem::file_time_type::clock::to_sys(written).time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count();
}

}  // namespace

OldDatabase LookAtOldDatabase(const std::filesystem::path& dir) {
  const DiskPaths paths(dir, kOldDiskFormatVersion);
  std::error_code error;
  const auto type = std::filesystem::symlink_status(paths.database, error).type();
  if (type != std::filesystem::file_type::regular || !LooksOld(paths.database)) return {};
  // A program that only reads a database may leave an empty log, which does not count as a write.
  const int64_t log_bytes = FileBytes(paths.log);
  return {
      .bytes = FileBytes(paths.database) + log_bytes,
      .last_write = std::max(LastWrite(paths.database), log_bytes > 0 ? LastWrite(paths.log) : 0)};
}

Result<CacheClearResult> PruneOldDatabase(const std::filesystem::path& dir, int64_t oldest,
                                          const std::stop_token& stop) {
  const DiskPaths paths(dir, kOldDiskFormatVersion);
  const OldDatabase old = LookAtOldDatabase(dir);
  CacheClearResult result;
  if (old.bytes == 0 || old.last_write >= oldest) return result;
  Result<std::optional<FileLock>> lock = LockIfThere(paths);
  if (!lock.ok()) return result;
  const Status ours = RequireOurs(paths, stop);
  if (ours.code() == StatusCode::kCancelled) return ours;
  if (!ours.ok()) return result;
  if (!lock->has_value()) {
    Result<FileLock> made = LockForChange(paths);
    if (!made.ok()) return result;
    *lock = *std::move(made);
  }
  for (const auto& file : {paths.database, paths.log, paths.shared_memory, paths.lock}) {
    VETOR_RETURN_IF_ERROR(DeleteCacheFile(file, &result));
  }
  return result;
}

}  // namespace vetor
