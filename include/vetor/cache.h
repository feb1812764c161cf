// A cache of vectors from outside a service: finds it, counts its content, checks it, and makes it
// smaller. The command `vetor cache` is a thin layer over this.
//
//   const vetor::CacheLocation place = vetor::LocateCache(config.cache);
//   auto stats = vetor::ReadCacheStats(place.dir);
//   if (!stats.ok()) return Fail(stats.status());
//   if (stats->database_bytes > wanted_bytes) {
//     auto pruned = vetor::PruneCache(place.dir, {.ttl_days = 7, .max_bytes = wanted_bytes});
//     if (!pruned.ok()) return Fail(pruned.status());
//   }
//
// A cache folder holds a database of vectors (vectors-2.db), compiled tokenizers
// (tokenizers/*.vtok) and verdicts (native/*.verdict: vetor's own kernels were found right for a
// model), which make models start faster. Any of them alone is a cache: a folder without vectors
// has no entries. Reading functions work beside a service that writes; changing ones refuse then.
// Everything here is a plain value, and all functions may be called from any thread.
//
// Errors of all that read or change a folder: INVALID_ARGUMENT for a path with a NUL character and
// for an option out of its range; NOT_FOUND if it holds no cache, and for an empty name
// (CacheLocation::dir of a cache that is in memory alone); PERMISSION_DENIED;
// DATA_LOSS for a damaged database; UNAVAILABLE or RESOURCE_EXHAUSTED if the system has no room for
// the work; FAILED_PRECONDITION for a database of another version or program, which is left as it
// is; CANCELLED once `stop` is requested. All of them end, whatever the files hold.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor {

/// The folder of a cache.
struct CacheLocation {
  std::filesystem::path dir;  ///< Empty: nothing is kept on disk.
  std::string why;  ///< Why the default folder cannot be used, without a remedy; else empty.
};

/// The folder that a service with these settings uses: CacheConfig::dir, or the user's own if that
/// is unset. Nothing is made, and only `dir` is looked at.
CacheLocation LocateCache(const CacheConfig& config);

/// The vectors of one model in one form, which never meet those of another.
struct CachedSpace {
  std::string model_id;   ///< "all-MiniLM-L6-v2"
  std::string precision;  ///< "fp32", "int8", ...
  std::string runtime;    ///< "native (avx512)", "onnxruntime 1.28.0", or "" for hashing.
  /// 64 hexadecimal digits over the model and its form. Not ServiceInfo::fingerprint, which also
  /// covers the prompts by name and on_long: those are in the key of each text here.
  std::string fingerprint;
  int64_t entries = 0;
  int64_t first_use = 0;  ///< Unix seconds.
  int64_t last_use = 0;   ///< Unix seconds, to the hour.
};

/// The content of a folder.
struct CacheStats {
  int64_t entries = 0;              ///< Cached vectors.
  int64_t database_bytes = 0;       ///< vectors-2.db
  int64_t log_bytes = 0;            ///< Its write-ahead log.
  int64_t unused_bytes = 0;         ///< Inside the database, to be used again.
  int64_t damaged_bytes = 0;        ///< Damaged databases that were put aside.
  int64_t old_bytes = 0;            ///< vectors.db of an earlier version, which no service uses.
  int64_t old_last_write = 0;       ///< Unix seconds; 0: there is no old database.
  std::vector<CachedSpace> spaces;  ///< Latest use first.
  /// Vectors of spaces that are not in `spaces`: of more than 1,000 the least recently used are
  /// forgotten. Their vectors are served all the same.
  int64_t entries_of_no_space = 0;
};

/// Counts the content of a folder, and changes nothing.
Result<CacheStats> ReadCacheStats(const std::filesystem::path& dir,
                                  const std::stop_token& stop = {});

/// Compiled tokenizers of a folder.
struct CompiledTokenizers {
  int64_t files = 0;
  int64_t bytes = 0;
};

/// A folder without any gives zeros.
CompiledTokenizers CountCompiledTokenizers(const std::filesystem::path& dir);

/// Verdicts of a folder.
struct NativeVerdicts {
  int64_t files = 0;
  int64_t bytes = 0;
};

/// A folder without any gives zeros.
NativeVerdicts CountNativeVerdicts(const std::filesystem::path& dir);

/// What VerifyCache found.
struct CacheCheck {
  int64_t entries = 0;
  int64_t damaged = 0;    ///< Entries whose checksum does not match; they are never served.
  std::string integrity;  ///< The database's own check: "ok", or its findings.
  bool sound() const { return damaged == 0 && integrity == "ok"; }
};

/// Reads every entry and compares its checksum: a second or more per gigabyte. Changes nothing.
/// `progress` is called now and then with the number of entries done; it may be empty.
Result<CacheCheck> VerifyCache(const std::filesystem::path& dir,
                               const std::function<void(int64_t)>& progress = {},
                               const std::stop_token& stop = {});

/// What PruneCache leaves.
struct CachePruneOptions {
  double ttl_days = 7;            ///< 0 to 36500. Entries older than this go, and entries from the
                                  ///< future.
  int64_t max_bytes = 1LL << 30;  ///< Then the least recently used entries go, down to this size.
};

/// What PruneCache removed.
struct CachePruneResult {
  int64_t expired = 0;    ///< Entries.
  int64_t damaged = 0;    ///< Entries with a wrong checksum.
  int64_t evicted = 0;    ///< Entries that were too many.
  int64_t old_bytes = 0;  ///< Of an earlier version's database, which was deleted.
  int64_t verdicts = 0;   ///< Files of verdicts.
};

/// Removes entries that are expired, damaged or too many, and gives the space back to the file
/// system. A database of an earlier version goes as a whole, once it was not written for `ttl_days`
/// and no service of that version runs; also if the present database cannot be pruned, whose error
/// then says so. Verdicts go that are older than `ttl_days`, damaged or of another version of
/// vetor; the models that they were for are checked again when they are opened. Entries that were
/// removed before a stop stay removed. Also FAILED_PRECONDITION while a service writes.
Result<CachePruneResult> PruneCache(const std::filesystem::path& dir,
                                    const CachePruneOptions& options = {},
                                    const std::stop_token& stop = {});

/// What ClearCache deleted.
struct CacheClearResult {
  int64_t files = 0;
  int64_t bytes = 0;  ///< Without SQLite's shared memory (-shm).
};

/// Deletes the cache's files, those put aside, those of an earlier version, compiled tokenizers and
/// verdicts included, and nothing else. A vectors-2.db that is not vetor's is refused before
/// anything is deleted: FAILED_PRECONDITION, also for a file that is not an SQLite database. A
/// damaged or empty one of vetor's is deleted. A vectors.db of another program is left where it is,
/// with a warning in the log. Also FAILED_PRECONDITION while a service writes.
Result<CacheClearResult> ClearCache(const std::filesystem::path& dir,
                                    const std::stop_token& stop = {});

}  // namespace vetor
