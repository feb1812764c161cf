// vetor cache: shows what a cache folder holds, checks it, and makes it smaller.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "base/counted.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "cli/command.h"
#include "cli/flags/one_of.h"
#include "cli/flags/run_flags.h"
#include "cli/output/progress.h"
#include "cli/streams/byte_stream.h"
#include "os/log.h"
#include "vetor/cache.h"
#include "vetor/config_file.h"

namespace vetor::cli {
namespace {

constexpr const char* kCacheDescription = "Look into, check, shrink or empty a cache of vectors.";

constexpr const char* kCacheExamples = R"(Examples:
  vetor cache stats
  vetor cache verify --config config.json
  vetor cache prune  --dir cache/embeddings --ttl-days 7 --max-mb 512
  vetor cache clear  --dir cache/embeddings

The folder is --dir, else VETOR_AI_CACHE_DIR, else ai.cache.dir of --config FILE as a service reads
it, else the user's own: $XDG_CACHE_HOME/vetor or ~/.cache/vetor.
stats and verify only read, and also work while a service uses the folder; prune and clear refuse
to run as long as one does.
verify ends with exit code 1 if an entry or the database is damaged; damaged entries are never
served, and prune removes them.
stats lists the vector spaces with model, precision, entries and last use, and with the beginning of
the fingerprint if several spaces have one model and precision.
The vectors are in vectors-2.db; a file of that name from another version or another program is left
alone, also by clear. A vectors.db is from versions up to November 2026, and no service of this
version uses it: prune deletes it once nothing was written to it for --ttl-days, clear deletes it at
once; a vectors.db of another program is left alone.
The folder also keeps compiled tokenizers (tokenizers/*.vtok) and verdicts (native/*.verdict), which
say that vetor's own kernels were found right for a model. Both make models start faster. stats
counts them, prune removes verdicts that are old or of another version of vetor, and clear deletes
both.)";

struct CacheFlags {
  RunFlags run;
  std::optional<std::string> given_dir;
  std::string config;
  std::string dir;
  std::stop_token stop;
  bool json = false;
  bool nothing_yet = false;  ///< The folder was not given by --dir and holds no cache.
  double ttl_days = 7;
  int64_t max_mb = 1024;
};

// A cache that was not used yet is not an error, unless --dir names its folder: that may be a
// typing error.
template <typename T>
Result<T> OrNothingYet(Result<T> result, CacheFlags* flags) {
  if (result.ok() || result.status().code() != StatusCode::kNotFound || flags->given_dir) {
    return result;
  }
  flags->nothing_yet = true;
  return T();
}

// Adds to the error of a damaged database what happens to it next.
Status WithRemedy(const Status& status, const std::string& dir) {
  if (status.code() != StatusCode::kDataLoss) return status;
  // SQLite says this of a file that is not a database; clear leaves such a file alone.
  const bool unknown = status.message().find("not a database") != std::string::npos;
  return DataLossError(
      fmt::format("{}; the next run that writes there puts it aside and begins an empty one{}",
                  status.message(),
                  unknown ? "" : fmt::format(", and vetor cache clear --dir {} deletes it", dir)));
}

// One figure per line and `notes` after them, or all as one JSON object.
Status Print(const boost::json::object& figures, const CacheFlags& flags,
             const std::string& notes = "") {
  std::string text;
  if (flags.json) {
    text = EscapeControlsInJson(boost::json::serialize(figures)) + "\n";
  } else if (flags.nothing_yet) {
    text = fmt::format("{}: there is no cache yet; the first run that keeps vectors makes one\n",
                       flags.dir);
  } else {
    for (const auto& figure : figures) {
      if (figure.value().is_array()) continue;
      const auto* number = figure.value().if_int64();
      text += fmt::format("{:<20} {}\n", std::string_view(figure.key()),
                          number != nullptr ? WithThousands(static_cast<uint64_t>(*number))
                                            : std::string(figure.value().as_string()));
    }
    text += notes;
  }
  VETOR_ASSIGN_OR_RETURN(OutputStream output, OutputStream::Open("-"));
  VETOR_RETURN_IF_ERROR(output.Write(text));
  return output.Commit();
}

// "2026-11-28", of Unix seconds.
std::string DayOf(int64_t seconds) {
  constexpr int64_t kLastOfYear9999 = 253'402'300'799;
  seconds = std::clamp<int64_t>(seconds, 0, kLastOfYear9999);  // A damaged row may hold any.
  const std::chrono::sys_days day = std::chrono::floor<std::chrono::days>(
      std::chrono::sys_seconds(std::chrono::seconds(seconds)));
  const std::chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

boost::json::array SpacesJson(const CacheStats& stats) {
  boost::json::array spaces;
  for (const CachedSpace& space : stats.spaces) {
    spaces.push_back({{"model_id", space.model_id},
                      {"precision", space.precision},
                      {"runtime", space.runtime},
                      {"fingerprint", space.fingerprint},
                      {"entries", space.entries},
                      {"first_use", space.first_use},
                      {"last_use", space.last_use}});
  }
  return spaces;
}

// The text below the figures: the vector spaces, and a database of an earlier version.
std::string StatsNotes(const CacheStats& stats) {
  // Spaces of one model and precision may differ in runtime, length, prompt, namespace.
  constexpr size_t kShortFingerprint = 12;
  std::map<std::string, int> alike;
  for (const CachedSpace& space : stats.spaces) ++alike[space.model_id + ' ' + space.precision];
  std::string text;
  for (const CachedSpace& space : stats.spaces) {
    std::string name = fmt::format("{} {}{}{}", space.model_id, space.precision,
                                   space.runtime.empty() ? "" : " on ", space.runtime);
    if (alike[space.model_id + ' ' + space.precision] > 1) {
      name += fmt::format(" ({})", space.fingerprint.substr(0, kShortFingerprint));
    }
    text += fmt::format("  {}: {} entries, last used {}\n", ForTerminal(name, LineBreaks::kEscape),
                        WithThousands(static_cast<uint64_t>(space.entries)), DayOf(space.last_use));
  }
  if (stats.entries_of_no_space > 0) {
    text += fmt::format("  of vector spaces that are no longer listed: {} entries\n",
                        WithThousands(static_cast<uint64_t>(stats.entries_of_no_space)));
  }
  if (!text.empty()) text = "vector spaces:\n" + text;
  if (stats.old_bytes > 0) {
    text += fmt::format(
        "vectors.db is of an earlier version of vetor and is not read (last written {}): vetor "
        "cache prune deletes it once nothing was written to it for --ttl-days (7), vetor cache "
        "clear deletes it at once\n",
        DayOf(stats.old_last_write));
  }
  return text;
}

Status RunStats(CacheFlags* flags) {
  const auto stats = OrNothingYet(ReadCacheStats(flags->dir, flags->stop), flags);
  if (!stats.ok()) return WithRemedy(stats.status(), flags->dir);
  const CompiledTokenizers compiled = CountCompiledTokenizers(flags->dir);
  const NativeVerdicts verdicts = CountNativeVerdicts(flags->dir);
  return Print({{"folder", flags->dir},
                {"entries", stats->entries},
                {"database_bytes", stats->database_bytes},
                {"log_bytes", stats->log_bytes},
                {"unused_bytes", stats->unused_bytes},
                {"damaged_bytes", stats->damaged_bytes},
                {"old_bytes", stats->old_bytes},
                {"tokenizers", compiled.files},
                {"tokenizer_bytes", compiled.bytes},
                {"verdicts", verdicts.files},
                {"verdict_bytes", verdicts.bytes},
                {"entries_of_no_space", stats->entries_of_no_space},
                {"spaces", SpacesJson(*stats)}},
               *flags, StatsNotes(*stats));
}

Status RunVerify(CacheFlags* flags) {
  std::optional<Progress> progress(std::in_place, "verifying",
                                   Progress::ChooseForm(flags->run.quiet));
  const auto on_progress = [&](int64_t done) {
    progress->Update(static_cast<uint64_t>(done), std::nullopt);
  };
  auto check = OrNothingYet(VerifyCache(flags->dir, on_progress, flags->stop), flags);
  progress.reset();
  if (!check.ok()) return WithRemedy(check.status(), flags->dir);
  if (flags->nothing_yet) check->integrity = "ok";
  VETOR_RETURN_IF_ERROR(Print(
      {{"entries", check->entries}, {"damaged", check->damaged}, {"integrity", check->integrity}},
      *flags));
  if (check->sound()) return Status();
  return DataLossError(
      fmt::format("{}: {} of {} entries are damaged, integrity check: {}; remove the damaged ones "
                  "with vetor cache prune, or everything with vetor cache clear",
                  flags->dir, check->damaged, check->entries, check->integrity));
}

Status RunPrune(CacheFlags* flags) {
  const auto result = OrNothingYet(
      PruneCache(flags->dir, {.ttl_days = flags->ttl_days, .max_bytes = flags->max_mb << 20},
                 flags->stop),
      flags);
  if (!result.ok()) return WithRemedy(result.status(), flags->dir);
  return Print({{"expired", result->expired},
                {"damaged", result->damaged},
                {"evicted", result->evicted},
                {"old_bytes", result->old_bytes},
                {"verdicts", result->verdicts}},
               *flags);
}

Status RunClear(CacheFlags* flags) {
  const auto cleared = OrNothingYet(ClearCache(flags->dir, flags->stop), flags);
  if (!cleared.ok()) return cleared.status();
  return Print({{"folder", flags->dir},
                {"deleted_files", cleared->files},
                {"deleted_bytes", cleared->bytes}},
               *flags);
}

// The folder comes from the flag, else the environment, else the file, else the default, as the
// settings of every command do.
Status ChooseFolder(CacheFlags* flags) {
  LoadedConfig loaded;
  if (!flags->config.empty()) VETOR_RETURN_IF_ERROR(ApplyConfigFile(flags->config, &loaded));
  if (!flags->given_dir) VETOR_RETURN_IF_ERROR(ApplyEnvironment(&loaded));
  for (const std::string& warning : loaded.warnings) Log(LogLevel::kWarning, "{}", warning);
  CacheConfig cache = loaded.config.cache;
  if (flags->given_dir) cache.dir = flags->given_dir;
  const CacheLocation location = LocateCache(cache);
  flags->dir = location.dir.string();
  if (!location.why.empty()) {
    return FailedPreconditionError(location.why + "; name a cache folder with --dir");
  }
  if (!flags->dir.empty()) return Status();
  return InvalidArgumentError(flags->given_dir ? "--dir is empty, expected a cache folder"
                                               : "ai.cache.dir is empty, so the cache is kept in "
                                                 "memory only; name a cache folder with --dir");
}

CLI::App* AddAction(CLI::App* cache, CacheFlags* flags, const char* name, const char* help) {
  CLI::App* action = cache->add_subcommand(name, help);
  action
      ->add_option("--dir,--cache-dir", flags->given_dir,
                   "The cache folder. Default: what --config says, else the user's own. "
                   "[VETOR_AI_CACHE_DIR]")
      ->type_name("DIR");
  action
      ->add_option("--config", flags->config, "Read ai.cache.dir from section \"ai\" of this file.")
      ->type_name("FILE");
  flags->run.AddLogTo(action);
  return action;
}

}  // namespace

Command MakeCacheCommand(CLI::App* root) {
  auto flags = std::make_shared<CacheFlags>();
  CLI::App* app = root->add_subcommand("cache", kCacheDescription);
  app->footer(kCacheExamples);
  app->require_subcommand(1);
  CLI::App* stats = AddAction(app, flags.get(), "stats",
                              "Show the entries, their vector spaces and their bytes.");
  CLI::App* verify = AddAction(app, flags.get(), "verify", "Check every entry's checksum.");
  CLI::App* prune =
      AddAction(app, flags.get(), "prune",
                "Remove old and damaged entries, and the least recently used above a size.");
  CLI::App* clear = AddAction(app, flags.get(), "clear", "Delete all files of the cache.");
  for (CLI::App* action : {stats, verify, prune, clear}) {
    action->add_flag("--json", flags->json, "Print one JSON object instead of lines.");
  }
  prune
      ->add_option("--ttl-days", flags->ttl_days,
                   "Remove entries that are older than this many days. Default 7.")
      ->check(NumberBetween(0, 36500));
  prune
      ->add_option("--max-mb", flags->max_mb,
                   "Then remove the least recently used entries until the cache has at most this "
                   "many MiB. Default 1024.")
      ->check(WholeBetween(1, int64_t{1} << 40));
  return {app, [flags, stats, verify, clear](const CommandContext& context) {
            flags->run.Apply();
            flags->stop = context.stop;
            VETOR_RETURN_IF_ERROR(ChooseFolder(flags.get()));
            if (stats->parsed()) return RunStats(flags.get());
            if (verify->parsed()) return RunVerify(flags.get());
            return clear->parsed() ? RunClear(flags.get()) : RunPrune(flags.get());
          }};
}

}  // namespace vetor::cli
