// vetor cache: what a cache folder holds, whether it is sound, and making it smaller.
#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/status_macros.h"
#include "cache/cache_folder.h"
#include "cache/cache_location.h"
#include "cli/byte_stream.h"
#include "cli/command.h"
#include "cli/progress.h"
#include "cli/run_flags.h"
#include "tokenizer/compiled/compiled_folder.h"

namespace vetor::cli {
namespace {

constexpr const char* kDescription = "Look into, check, shrink or empty a cache of vectors.";

constexpr const char* kExamples = R"(Examples:
  vetor cache stats
  vetor cache verify --dir cache/embeddings
  vetor cache prune  --dir cache/embeddings --ttl-days 7 --max-mb 512
  vetor cache clear  --dir cache/embeddings

Without --dir it is the user's own cache, $XDG_CACHE_HOME/vetor or ~/.cache/vetor, where services
without another setting keep their vectors. stats and verify only read, also while a service uses the folder; prune and clear refuse then.
verify ends with exit code 1 if an entry or the database is damaged; damaged entries are never
served, and prune removes them. A vectors.db of another version or another program is left alone,
except by clear. The folder also keeps compiled tokenizers (tokenizers/*.vtok), which
make large models start faster; stats counts them, and clear deletes them.)";

struct CacheFlags {
  RunFlags run;
  std::optional<std::string> given_dir;
  std::string dir;
  std::stop_token stop;
  bool json = false;
  double ttl_days = 7;
  int64_t max_mb = 1024;
};

// One figure a line, or all as one JSON object.
Status Print(const boost::json::object& figures, bool json) {
  std::string text;
  if (json) {
    text = boost::json::serialize(figures) + "\n";
  } else {
    for (const auto& figure : figures) {
      const auto* number = figure.value().if_int64();
      text += fmt::format("{:<16} {}\n", std::string_view(figure.key()),
                          number != nullptr ? WithThousands(static_cast<uint64_t>(*number))
                                            : std::string(figure.value().as_string()));
    }
  }
  VETOR_ASSIGN_OR_RETURN(OutputStream output, OutputStream::Open("-"));
  VETOR_RETURN_IF_ERROR(output.Write(text));
  return output.Commit();
}

Status RunStats(const CacheFlags& flags) {
  VETOR_ASSIGN_OR_RETURN(const CacheFolderStats stats, ReadCacheStats(flags.dir, flags.stop));
  const CompiledFolderStats compiled = ReadCompiledFolder(CompiledFolderOf(flags.dir));
  return Print({{"folder", flags.dir},
                {"entries", stats.entries},
                {"database_bytes", stats.database_bytes},
                {"log_bytes", stats.log_bytes},
                {"unused_bytes", stats.unused_bytes},
                {"damaged_bytes", stats.damaged_bytes},
                {"tokenizers", compiled.files},
                {"tokenizer_bytes", compiled.bytes}},
               flags.json);
}

Status RunVerify(const CacheFlags& flags) {
  std::optional<Progress> progress(std::in_place, "verifying",
                                   Progress::ChooseForm(flags.run.quiet));
  const Result<CacheFolderCheck> check = CheckCache(
      flags.dir, [&](int64_t done) { progress->Update(static_cast<uint64_t>(done), std::nullopt); },
      flags.stop);
  progress.reset();
  if (!check.ok()) return check.status();
  VETOR_RETURN_IF_ERROR(Print(
      {{"entries", check->entries}, {"damaged", check->damaged}, {"integrity", check->integrity}},
      flags.json));
  if (check->sound()) return Status();
  return DataLossError(fmt::format(
      "{}: {} of {} entries damaged, integrity: {}; remove them with vetor cache prune, "
      "or all with vetor cache clear",
      flags.dir, check->damaged, check->entries, check->integrity));
}

Status RunPrune(const CacheFlags& flags) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
  VETOR_ASSIGN_OR_RETURN(
      const CachePruneResult result,
      PruneCache(flags.dir, {.ttl_days = flags.ttl_days, .max_bytes = flags.max_mb << 20},
                 now.count(), flags.stop));
  return Print(
      {{"expired", result.expired}, {"damaged", result.damaged}, {"evicted", result.evicted}},
      flags.json);
}

Status RunClear(const CacheFlags& flags) {
  VETOR_RETURN_IF_ERROR(ClearCache(flags.dir, flags.stop));
  return ClearCompiledFolder(CompiledFolderOf(flags.dir));
}

// The folder that was named, else the user's own.
Status ChooseFolder(CacheFlags* flags) {
  const CacheLocation location = LocateCache(flags->given_dir, /*make=*/false);
  flags->dir = location.dir.string();
  if (!location.why.empty()) return FailedPreconditionError(location.why);
  if (!flags->dir.empty()) return Status();
  return InvalidArgumentError("--dir is empty, expected a cache folder");
}

CLI::App* AddAction(CLI::App* cache, CacheFlags* flags, const char* name, const char* help) {
  CLI::App* action = cache->add_subcommand(name, help);
  action
      ->add_option("--dir,--cache-dir", flags->given_dir,
                   "The cache folder. Default: the user's own.")
      ->type_name("DIR");
  flags->run.AddLogTo(action);
  return action;
}

}  // namespace

Command MakeCacheCommand(CLI::App* root) {
  auto flags = std::make_shared<CacheFlags>();
  CLI::App* app = root->add_subcommand("cache", kDescription);
  app->footer(kExamples);
  app->require_subcommand(1);
  CLI::App* stats = AddAction(app, flags.get(), "stats", "Entries and bytes.");
  CLI::App* verify = AddAction(app, flags.get(), "verify", "Check every entry's checksum.");
  CLI::App* prune =
      AddAction(app, flags.get(), "prune", "Remove what is old, damaged or too much.");
  CLI::App* clear = AddAction(app, flags.get(), "clear", "Delete the cache's files.");
  for (CLI::App* action : {stats, verify, prune}) {
    action->add_flag("--json", flags->json, "One JSON object instead of lines.");
  }
  prune->add_option("--ttl-days", flags->ttl_days, "Remove entries older than this. Default 7.")
      ->check(CLI::NonNegativeNumber);
  prune
      ->add_option("--max-mb", flags->max_mb,
                   "Then the least recently used, down to this. "
                   "Default 1024.")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40));
  return {app, [flags, stats, verify, clear](const CommandContext& context) {
            flags->run.Apply();
            flags->stop = context.stop;
            VETOR_RETURN_IF_ERROR(ChooseFolder(flags.get()));
            if (stats->parsed()) return RunStats(*flags);
            if (verify->parsed()) return RunVerify(*flags);
            return clear->parsed() ? RunClear(*flags) : RunPrune(*flags);
          }};
}

}  // namespace vetor::cli
