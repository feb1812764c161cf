#include "cli/commands/embedding_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "cli/streams/standard_error.h"
#include "os/log.h"
#include "vetor/cache.h"

namespace vetor::cli {
namespace {

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The folder in which a service with these settings keeps vectors between runs; empty: none.
std::string CacheFolderOf(const CacheConfig& cache) {
  return cache.wants_disk() ? LocateCache(cache).dir.string() : "";
}

// Reports a fallback if neither the summary (--quiet) nor the log (switched off) does.
void SayFallback(const EmbeddingsService& service, const std::string& command, bool quiet) {
  if (service.fallback_reason().empty() || !quiet || LogEnabled(LogLevel::kWarning)) return;
  PrintError("vetor {}: FALLBACK: {} runs instead of the model: {}\n", command, service.model_id(),
             service.fallback_reason());
}

}  // namespace

EmbeddingRun::EmbeddingRun(std::unique_ptr<EmbeddingsService> service, Options options,
                           double open_seconds)
    : service_(std::move(service)), options_(std::move(options)) {
  report_.command = options_.command;
  report_.open_seconds = open_seconds;
  progress_.emplace(options_.command, Progress::ChooseForm(options_.flags.quiet));
}

Result<std::unique_ptr<EmbeddingRun>> EmbeddingRun::Open(const EmbeddingsConfig& config,
                                                         Options options) {
  const Clock::time_point start = Clock::now();
  VETOR_ASSIGN_OR_RETURN(auto service, EmbeddingsService::Open(config));
  SayFallback(*service, options.command, options.flags.quiet);
  std::unique_ptr<EmbeddingRun> run(
      new EmbeddingRun(std::move(service), std::move(options), SecondsSince(start)));
  run->cache_folder_ = CacheFolderOf(config.cache);
  return run;
}

Result<Embeddings> EmbeddingRun::EmbedChunk(
    std::span<const std::string> texts,
    const std::function<std::optional<double>(size_t done)>& fraction, const TextPlace& place) {
  EmbedOptions options;
  options.stop = options_.context.stop;
  options.progress = [&](size_t done, size_t) {
    chunk_done_ = done;
    progress_->Update(report_.texts + done, fraction(done));
  };
  chunk_done_ = 0;
  Result<Embeddings> embedded = service_->Embed(texts, options);
  if (!embedded.ok()) return NameTextByPlace(embedded.status(), place);
  Embeddings rows = *std::move(embedded);
  chunk_done_ = 0;
  report_.texts += rows.rows;
  for (const TextInfo& text : rows.texts) {
    report_.tokens += text.tokens;
    report_.truncated += text.truncated ? 1 : 0;
  }
  progress_->Update(report_.texts, fraction(texts.size()));
  return rows;
}

Result<std::vector<float>> EmbeddingRun::EmbedAll(std::span<const std::string> texts, size_t before,
                                                  size_t total, const TextPlace& place) {
  SetTotal(total);
  std::vector<float> values;
  values.reserve(texts.size() * service_->dim());
  for (size_t begin = 0; begin < texts.size();) {
    size_t end = begin;
    for (size_t bytes = 0; end < texts.size() && end - begin < kChunkTexts && bytes < kChunkBytes;
         ++end) {
      bytes += texts[end].size();
    }
    const auto fraction = [&](size_t done) -> std::optional<double> {
      return static_cast<double>(before + begin + done) / static_cast<double>(total);
    };
    const auto place_in_all = [&](size_t index) { return place(begin + index); };
    VETOR_ASSIGN_OR_RETURN(const Embeddings rows,
                           EmbedChunk(texts.subspan(begin, end - begin), fraction, place_in_all));
    values.insert(values.end(), rows.values.begin(), rows.values.end());
    begin = end;
  }
  return values;
}

Result<EmbedFilesReport> EmbeddingRun::EmbedInFiles(EmbedFilesOptions options) {
  options.stop = options_.context.stop;
  options.progress = [this](const EmbedFilesProgress& now) {
    progress_->Update(now.texts, now.fraction);
  };
  Result<EmbedFilesReport> done = EmbedFiles(service_.get(), options);
  progress_.reset();
  if (!done.ok()) return done;
  report_.texts = done->texts;
  report_.tokens = done->tokens;
  report_.truncated = done->truncated;
  return done;
}

Status EmbeddingRun::Explain(const Status& status, const std::string& output) {
  if (status.ok()) return status;
  progress_.reset();
  RunState state{.done = report_.texts + chunk_done_, .total = total_, .output = output};
  // The message names the cache only if it took every vector.
  if (service_->metrics().cache_dropped_writes == 0) state.cache_folder = cache_folder_;
  return ExplainEnd(status, state);
}

Status EmbeddingRun::Finish(boost::json::object extra) {
  progress_.reset();
  report_.seconds = SecondsSince(start_);
  report_.metrics = service_->metrics();
  report_.dim = service_->dim();
  report_.max_length = service_->max_length();
  report_.extra = std::move(extra);
  if (!options_.flags.quiet) PrintError("{}\n", FormatSummary(report_));
  if (options_.flags.stats.empty()) return Status();
  return WriteStats(options_.flags.stats, StatsJson(report_));
}

}  // namespace vetor::cli
