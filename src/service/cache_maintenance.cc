// The public functions on a cache folder (vetor/cache.h): vectors, compiled tokenizers and verdicts
// together.
#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

#include "base/argument_check.h"
#include "base/status_macros.h"
#include "cache/cache_folder.h"
#include "cache/cache_location.h"
#include "cache/time_to_live.h"
#include "engine/native_verdict.h"
#include "tokenizer/compiled/compiled_folder.h"
#include "vetor/cache.h"

namespace vetor {
namespace {

// The bounds of ai.cache.ttl_days. Written so that NaN is outside.
Status CheckPruneOptions(const CachePruneOptions& options) {
  constexpr double kMaxTtlDays = 36500;
  if (!(options.ttl_days >= 0 && options.ttl_days <= kMaxTtlDays)) {
    return InvalidArgumentError(fmt::format("ttl_days is {}, expected a number from 0 to {}",
                                            options.ttl_days, kMaxTtlDays));
  }
  if (options.max_bytes >= 0) return Status();
  return InvalidArgumentError(
      fmt::format("max_bytes is {}, expected at least 0", options.max_bytes));
}

// `result`, or `empty` for a folder that holds no vectors, but something else of a cache.
template <typename T>
Result<T> OrEmpty(Result<T> result, const std::filesystem::path& dir, T empty = T()) {
  if (result.status().code() != StatusCode::kNotFound) return result;
  const int64_t others = CountCompiledTokenizers(dir).files + CountNativeVerdicts(dir).files;
  return others > 0 ? Result<T>(std::move(empty)) : std::move(result);
}

}  // namespace

CacheLocation LocateCache(const CacheConfig& config) {
  return LocateCache(config.dir, /*make=*/false);
}

Result<CacheStats> ReadCacheStats(const std::filesystem::path& dir, const std::stop_token& stop) {
  VETOR_RETURN_IF_ERROR(CheckPath(dir.native(), "dir"));
  VETOR_ASSIGN_OR_RETURN(const CacheFolderStats folder, OrEmpty(ReadCacheFolder(dir, stop), dir));
  CacheStats stats{.entries = folder.entries,
                   .database_bytes = folder.database_bytes,
                   .log_bytes = folder.log_bytes,
                   .unused_bytes = folder.unused_bytes,
                   .damaged_bytes = folder.damaged_bytes,
                   .old_bytes = folder.old.bytes,
                   .old_last_write = folder.old.last_write,
                   .spaces = {},
                   .entries_of_no_space = folder.entries_of_no_space};
  for (const StoredSpace& stored : folder.spaces) {
    stats.spaces.push_back({.model_id = stored.space.model_id,
                            .precision = stored.space.precision,
                            .runtime = stored.space.runtime,
                            .fingerprint = stored.space.fingerprint,
                            .entries = stored.entries,
                            .first_use = stored.first_use,
                            .last_use = stored.last_use});
  }
  return stats;
}

CompiledTokenizers CountCompiledTokenizers(const std::filesystem::path& dir) {
  const CompiledFolderStats folder = ReadCompiledFolder(CompiledFolderOf(dir));
  return {.files = folder.files, .bytes = folder.bytes};
}

NativeVerdicts CountNativeVerdicts(const std::filesystem::path& dir) {
  const VerdictFolderStats folder = ReadVerdictFolder(VerdictFolderOf(dir));
  return {.files = folder.files, .bytes = folder.bytes};
}

Result<CacheCheck> VerifyCache(const std::filesystem::path& dir,
                               const std::function<void(int64_t)>& progress,
                               const std::stop_token& stop) {
  const auto tell = [&progress](int64_t done) {
    if (progress) progress(done);
  };
  VETOR_RETURN_IF_ERROR(CheckPath(dir.native(), "dir"));
  VETOR_ASSIGN_OR_RETURN(CacheFolderCheck check, OrEmpty(CheckCacheFolder(dir, tell, stop), dir,
                                                         CacheFolderCheck{.integrity = "ok"}));
  return CacheCheck{
      .entries = check.entries, .damaged = check.damaged, .integrity = std::move(check.integrity)};
}

Result<CachePruneResult> PruneCache(const std::filesystem::path& dir,
                                    const CachePruneOptions& options, const std::stop_token& stop) {
  VETOR_RETURN_IF_ERROR(CheckPath(dir.native(), "dir"));
  VETOR_RETURN_IF_ERROR(CheckPruneOptions(options));
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
  VETOR_ASSIGN_OR_RETURN(CachePruneResult pruned,
                         OrEmpty(PruneCacheFolder(dir, options, now.count(), stop), dir));
  const int64_t oldest = TimeToLive(options.ttl_days, now.count()).oldest();
  VETOR_ASSIGN_OR_RETURN(pruned.verdicts, PruneVerdicts(VerdictFolderOf(dir), oldest));
  return pruned;
}

Result<CacheClearResult> ClearCache(const std::filesystem::path& dir, const std::stop_token& stop) {
  VETOR_RETURN_IF_ERROR(CheckPath(dir.native(), "dir"));
  const CompiledTokenizers compiled = CountCompiledTokenizers(dir);
  const NativeVerdicts verdicts = CountNativeVerdicts(dir);
  VETOR_ASSIGN_OR_RETURN(CacheClearResult cleared, OrEmpty(ClearCacheFolder(dir, stop), dir));
  VETOR_RETURN_IF_ERROR(ClearCompiledFolder(CompiledFolderOf(dir)));
  VETOR_RETURN_IF_ERROR(ClearVerdicts(VerdictFolderOf(dir)));
  cleared.files += compiled.files + verdicts.files;
  cleared.bytes += compiled.bytes + verdicts.bytes;
  return cleared;
}

}  // namespace vetor
