// A service that is opened from a command's flags, fed in chunks, and reported on at the end. Used
// by embed, search and dedupe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "cli/command.h"
#include "cli/commands/run_errors.h"
#include "cli/flags/run_flags.h"
#include "cli/output/progress.h"
#include "cli/output/run_report.h"
#include "vetor/embed_files.h"
#include "vetor/embeddings_service.h"

namespace vetor::cli {

/// Texts given to the service at once: enough texts to fill batches of equal length, and few enough
/// that memory stays flat (8192 vectors of 1024 components are 32 MiB).
inline constexpr size_t kChunkTexts = 8192;
/// A chunk also ends when its texts reach this many bytes.
inline constexpr size_t kChunkBytes = 8 << 20;

/// For one thread.
class EmbeddingRun {
 public:
  struct Options {
    std::string command;  ///< For the report: "embed".
    RunFlags flags;
    CommandContext context;
  };

  static Result<std::unique_ptr<EmbeddingRun>> Open(const EmbeddingsConfig& config,
                                                    Options options);

  /// Embeds at most one chunk of texts. `fraction` says how far the whole work is after `done` of
  /// these texts, or is unset if that is not known. Errors name texts by `place`. CANCELLED after
  /// Ctrl-C.
  Result<Embeddings> EmbedChunk(std::span<const std::string> texts,
                                const std::function<std::optional<double>(size_t done)>& fraction,
                                const TextPlace& place);

  /// Embeds all texts, chunk by chunk, into one [texts, dim] matrix. The run's progress counts
  /// `before` of `total` texts as done already.
  Result<std::vector<float>> EmbedAll(std::span<const std::string> texts, size_t before,
                                      size_t total, const TextPlace& place);

  /// Does a bulk job; stop and progress of `options` are set here. Counts its texts for Finish.
  Result<EmbedFilesReport> EmbedInFiles(EmbedFilesOptions options);

  /// Sets the number of all texts of the run once it is known, for the message of an interruption.
  void SetTotal(uint64_t texts) { total_ = texts; }
  uint64_t texts_done() const { return report_.texts; }

  /// If `status` is an error, adds how far the run was (ExplainEnd). Wipes the progress bar.
  Status Explain(const Status& status, const std::string& output);

  /// Wipes the progress bar; prints the summary and writes --stats. `extra` goes into the stats.
  Status Finish(boost::json::object extra = {});

  const EmbeddingsService& service() const { return *service_; }

 private:
  using Clock = std::chrono::steady_clock;
  EmbeddingRun(std::unique_ptr<EmbeddingsService> service, Options options, double open_seconds);

  std::unique_ptr<EmbeddingsService> service_;
  Options options_;
  RunReport report_;
  std::string cache_folder_;  ///< Empty: the cache is in memory only, or off.
  uint64_t chunk_done_ = 0;   ///< Texts of the current chunk that are done.
  std::optional<uint64_t> total_;
  Clock::time_point start_ = Clock::now();
  std::optional<Progress> progress_;
};

}  // namespace vetor::cli
