#include "doctor/cache_check.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "base/counted.h"
#include "cache/cache_folder.h"
#include "cache/cache_location.h"
#include "cache/disk_format.h"
#include "os/disk_space.h"
#include "os/file.h"
#include "os/file_lock.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMegabyte = 1 << 20;

void Worsen(DoctorCheck* check, CheckState state, const std::string& detail,
            const std::string& remedy) {
  if (check->state < state) check->state = state;
  check->detail += (check->detail.empty() ? "" : "\n") + detail;
  check->remedy += (check->remedy.empty() ? "" : "\n") + remedy;
}

// The folder itself, or the one in which it would be made.
fs::path NearestExisting(const fs::path& dir) {
  std::error_code error;
  fs::path folder = fs::absolute(dir, error);
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

// By writing a file and removing it: permissions alone do not show a read-only volume.
Status TryToWrite(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    return InvalidArgumentError(folder.string() + " is not a folder");
  }
  return AtomicFile::Create(folder / "vetor-doctor").status();
}

// Asks for the writer's lock and gives it back; never makes the file.
bool AnotherProcessWrites(const fs::path& dir) {
  const fs::path lock = DiskPaths(dir).lock;
  std::error_code error;
  if (!fs::exists(lock, error)) return false;
  return FileLock::TryAcquire(lock).status().code() == StatusCode::kFailedPrecondition;
}

// What helps against an error of reading the cache.
std::string RemedyFor(const Status& status, const std::string& dir) {
  if (status.code() == StatusCode::kFailedPrecondition) {
    return "name another folder in ai.cache.dir";
  }
  if (status.code() == StatusCode::kPermissionDenied) {
    return "give this user the right to read it, or name another folder in ai.cache.dir";
  }
  if (status.code() == StatusCode::kDataLoss) {
    return fmt::format(
        "the next service that writes there puts it aside and begins an empty one; look for a "
        "failing disk (folder {})",
        dir);
  }
  return "stop what uses it and try again, or name another folder in ai.cache.dir";
}

void CheckContent(const CacheConfig& config, const std::string& dir, DoctorCheck* check) {
  const Result<CacheFolderStats> stats = ReadCacheFolder(dir);
  if (!stats.ok()) {
    if (stats.status().code() == StatusCode::kNotFound) {
      check->detail += "\nempty";
    } else {
      Worsen(check, CheckState::kWrong, stats.status().message(), RemedyFor(stats.status(), dir));
    }
    return;
  }
  const int64_t bytes = stats->database_bytes + stats->log_bytes;
  check->detail +=
      fmt::format("\n{} {}, {:.1f} of {} MiB", WithThousands(static_cast<uint64_t>(stats->entries)),
                  stats->entries == 1 ? "entry" : "entries", static_cast<double>(bytes) / kMegabyte,
                  config.max_mb);
  if (bytes > config.max_mb * kMegabyte) {
    Worsen(check, CheckState::kNote, "more than ai.cache.max_mb",
           fmt::format("the next service that writes makes it smaller; at once: vetor cache prune "
                       "--dir {} --max-mb {}",
                       dir, config.max_mb));
  }
  if (stats->damaged_bytes > 0) {
    Worsen(check, CheckState::kNote,
           fmt::format("{:.1f} MiB of damaged databases were put aside",
                       static_cast<double>(stats->damaged_bytes) / kMegabyte),
           fmt::format("look for a failing disk; delete {}.damaged*",
                       DiskPaths(dir).database.string()));
  }
  if (stats->old.bytes > 0) {
    Worsen(check, CheckState::kNote,
           fmt::format("vectors.db, {:.1f} MiB, is of an earlier version of vetor and not read",
                       static_cast<double>(stats->old.bytes) / kMegabyte),
           fmt::format("vetor cache prune --dir {} deletes it once nothing was written to it for 7 "
                       "days (--ttl-days); delete it now if no earlier version is used",
                       dir));
  }
  const Result<CacheFolderCheck> sound = CheckCacheFolder(dir, [](int64_t) {});
  if (!sound.ok()) {
    Worsen(check, CheckState::kWrong, sound.status().message(), RemedyFor(sound.status(), dir));
  } else if (!sound->sound()) {
    Worsen(check, CheckState::kWrong,
           fmt::format("{} damaged, integrity: {}", sound->damaged, sound->integrity),
           sound->integrity == "ok"
               ? fmt::format("vetor cache prune --dir {} removes them; they are never served", dir)
               : fmt::format("stop what uses it and run vetor cache clear --dir {}", dir));
  } else {
    check->detail += ", none damaged";
  }
}

void CheckRoom(const fs::path& folder, DoctorCheck* check) {
  // What the cache leaves free on a volume (cache/cache_environment.h).
  constexpr int64_t kKeptFree = 64 * kMegabyte;
  const Result<uint64_t> free = FreeDiskBytes(folder);
  if (!free.ok()) return;
  if (static_cast<int64_t>(*free) < kKeptFree) {
    Worsen(check, CheckState::kWrong,
           fmt::format("{} MiB free on its volume: nothing is stored below {} MiB",
                       *free / kMegabyte, kKeptFree / kMegabyte),
           "free some space, or name another volume in ai.cache.dir");
  } else {
    check->detail += fmt::format("\n{} MiB free on its volume",
                                 WithThousands(*free / static_cast<uint64_t>(kMegabyte)));
  }
}

}  // namespace

DoctorCheck CheckCacheSettings(const CacheConfig& config) {
  DoctorCheck check{.name = "cache"};
  if (!config.enabled) {
    check.state = CheckState::kNote;
    check.detail = "off: every text is computed anew";
    check.remedy = "set ai.cache.enabled to true to keep vectors";
    return check;
  }
  const CacheLocation location = LocateCache(config.dir, /*make=*/false);
  const std::string dir = location.dir.string();
  if (!location.why.empty()) {
    check.state = CheckState::kNote;
    check.detail = "in memory only: " + location.why;
    check.remedy = "name a folder in ai.cache.dir to keep vectors over runs";
    return check;
  }
  if (!config.wants_disk()) {
    check.state = CheckState::kNote;
    check.detail = dir.empty() ? "in memory only: ai.cache.dir is empty"
                               : "in memory only: ai.cache.ttl_days is 0";
    check.remedy = dir.empty()
                       ? "name a folder in ai.cache.dir to keep vectors over runs"
                       : "set ai.cache.ttl_days to a number of days to keep vectors over runs";
    return check;
  }
  std::error_code error;
  const fs::path folder = NearestExisting(dir);
  const bool there = fs::is_directory(dir, error);
  check.detail = config.dir ? dir : dir + ", the user's own";
  const Status writable = TryToWrite(folder);
  if (!writable.ok()) {
    Worsen(&check, CheckState::kWrong,
           fmt::format("it cannot be {}: {}", there ? "written" : "made", writable.message()),
           "give this user the right to write there, or name another folder in ai.cache.dir");
  } else {
    check.detail += there ? ", writable" : ", not there yet, can be made";
  }
  if (there) {
    CheckContent(config, dir, &check);
    if (AnotherProcessWrites(dir)) {
      Worsen(&check, CheckState::kNote, "another process writes to it",
             "beside it a service only reads; several that all store need folders of their own");
    }
  }
  if (writable.ok()) CheckRoom(folder, &check);
  return check;
}

}  // namespace vetor
