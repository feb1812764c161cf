// The data flow of vetor on one page:
//
//   texts -> prompt -> cache.Find -misses-> join those in flight -> tokenizer.Encode ->
//   batching -> backend.Run -> pooling -> cache.Insert -> rows in the caller's order
#include "vetor/embeddings_service.h"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <utility>

#include "base/exceptions.h"
#include "base/status_macros.h"
#include "batching/scheduler.h"
#include "cache/cache_key.h"
#include "cache/in_flight.h"
#include "cache/vector_cache.h"
#include "engine/engine.h"
#include "engine/long_text.h"
#include "engine/open_engine.h"
#include "head/dense_payload.h"
#include "os/fork_guard.h"
#include "service/batch_runner.h"
#include "service/cache_look_up.h"
#include "service/call.h"
#include "service/call_choices.h"
#include "service/call_part.h"
#include "service/embed_call.h"
#include "service/located_cache.h"
#include "service/metrics_recorder.h"
#include "service/service_report.h"
#include "service/text_preparation.h"
#include "service/text_tokenizing.h"

namespace vetor {
namespace {

// Looked up together: records are copied from the list while they are in the processor's cache.
constexpr size_t kKeysPerFind = 256;

}  // namespace

struct EmbeddingsService::Impl {
  Impl(const EmbeddingsConfig& config, Engine opened)
      : engine(std::move(opened)),
        on_long(config.model.on_long),
        info(DescribeService(engine)),
        batch_size(static_cast<size_t>(std::max(1, config.batch_size))),
        keyer(engine.info().fingerprint),
        cache(OpenCache(config.cache, engine)),
        runner(&engine, cache.get(), &recorder),
        scheduler(QueueOptions(config, engine.traits()),
                  [this](const TokenBatch& batch, std::span<const ScheduledRow> rows) {
                    runner.Run(batch, rows);
                  }) {}

  Result<Embeddings> Embed(std::span<const std::string_view> texts, const EmbedOptions& options);
  std::vector<TextJob> FindCached(Call* call);
  Status Compute(std::span<TextJob> jobs, Call* call);
  std::vector<TextJob*> WithoutCached(std::vector<TextJob*> led, InFlightClaims* claims,
                                      Call* call);
  Status ComputeLed(std::span<TextJob* const> led, InFlightClaims* claims, Call* call);
  std::span<TextJob* const> NextPart(std::span<TextJob* const> led, const Call& call) const;
  static void Finish(TextJob* job, Record record, InFlightClaims* claims, Call* call);
  bool Caches(const Call& call) const { return cache && call.options.use_cache; }
  CacheLookUp LookUp(const Call& call) {
    return {Caches(call) ? cache.get() : nullptr, info.dim, &recorder.cache_find};
  }

  const ForkGuard fork_guard;
  Engine engine;
  const OnLong on_long;
  const ServiceInfo info;
  const size_t batch_size;
  const CacheKeyer keyer;
  MetricsRecorder recorder;
  InFlight in_flight;
  const std::unique_ptr<VectorCache> cache;  ///< Null: off.
  const BatchRunner runner;
  Scheduler scheduler;  ///< Last: its workers use everything above.
};

Result<Embeddings> EmbeddingsService::Impl::Embed(std::span<const std::string_view> texts,
                                                  const EmbedOptions& options) {
  const Stopwatch watch;
  if (fork_guard.InChild()) {
    return FailedPreconditionError(
        "this service was opened before fork(); its workers do not exist in the child. Open a "
        "service in the child, or use the spawn start method");
  }
  if (EmbedCall::InProgressFunction()) {
    return FailedPreconditionError(
        "Embed was called by a progress function, which runs in the middle of a batch; note there "
        "what is to be embedded and do it when the call has returned");
  }
  VETOR_ASSIGN_OR_RETURN(const CallChoices choices, ChooseForCall(engine, on_long, options));
  VETOR_ASSIGN_OR_RETURN(const PreparedTexts prepared,
                         PreparedTexts::Make(texts, choices.prompt, options.replace_invalid_utf8));
  Embeddings out{.values = std::vector<float>(texts.size() * info.dim),
                 .rows = texts.size(),
                 .dim = info.dim,
                 .texts = std::vector<TextInfo>(texts.size()),
                 .model_id = info.model_id};
  Call call{.texts = prepared, .choices = choices, .options = options, .out = &out};
  std::vector<TextJob> jobs = FindCached(&call);
  VETOR_RETURN_IF_ERROR(Compute(jobs, &call));
  for (const TextInfo& text : out.texts) {
    if (text.truncated) ++recorder.truncated_texts;
    if (text.tokens == 0 && !engine.reads_text()) ++recorder.texts_without_tokens;
  }
  recorder.texts += texts.size();
  if (jobs.empty() && !texts.empty()) recorder.AddLatency(watch.ms());
  return out;
}

// Answers what the cache holds and returns the rest.
std::vector<TextJob> EmbeddingsService::Impl::FindCached(Call* call) {
  std::vector<TextJob> missed;
  std::vector<CacheKey> keys;
  CacheLookUp look_up = LookUp(*call);
  const size_t rows = call->texts.size();
  for (size_t begin = 0; begin < rows; begin += kKeysPerFind) {
    keys.clear();
    for (size_t row = begin; row < std::min(rows, begin + kKeysPerFind); ++row) {
      keys.push_back(KeyOfText(keyer, call->choices, call->texts[row]));
    }
    look_up.Find(keys);
    for (size_t i = 0; i < keys.size(); ++i) {
      if (const std::optional<Record> record = look_up.Found(i)) {
        call->Answer(begin + i, *record, /*cached=*/true);
      } else {
        missed.push_back({.row = begin + i, .key = keys[i], .record = {}});
      }
    }
  }
  if (Caches(*call)) {
    recorder.cache_hits += rows - missed.size();
    if (!missed.empty()) recorder.cache_misses += missed.size();
  }
  return missed;
}

Status EmbeddingsService::Impl::Compute(std::span<TextJob> jobs, Call* call) {
  if (jobs.empty()) return Status();
  InFlightClaims claims = in_flight.Claim(jobs);
  std::vector<TextJob*> led = claims.led();
  recorder.joined_texts += claims.followed();
  while (!led.empty() || claims.followed() > 0) {
    led = WithoutCached(std::move(led), &claims, call);
    call->done = call->texts.size() - led.size();
    for (std::span<TextJob* const> left = led; !left.empty();) {
      const std::span<TextJob* const> part = NextPart(left, *call);
      VETOR_RETURN_IF_ERROR(ComputeLed(part, &claims, call));
      left = left.subspan(part.size());
    }
    VETOR_ASSIGN_OR_RETURN(led, claims.Wait(call->options.stop, call->options.deadline));
  }
  for (const TextJob& job : jobs) {
    if (job.record.owner != nullptr) call->Answer(job.row, job.record, /*cached=*/false);
  }
  return Status();
}

std::span<TextJob* const> EmbeddingsService::Impl::NextPart(std::span<TextJob* const> led,
                                                            const Call& call) const {
  const bool windows = call.choices.on_long == OnLong::kWindow;
  return led.first(TextsOfPart(led.size(), {windows, batch_size},
                               [&](size_t i) { return call.texts[led[i]->row].size(); }));
}

// Hands the record of a led text on and to the caller's row, and lets go of it.
void EmbeddingsService::Impl::Finish(TextJob* job, Record record, InFlightClaims* claims,
                                     Call* call) {
  job->record = std::move(record);
  claims->Publish(job);
  call->Answer(job->row, job->record, /*cached=*/false);
  job->record = Record();
}

// Another call may have finished a text between this call's look into the cache and its claim.
std::vector<TextJob*> EmbeddingsService::Impl::WithoutCached(std::vector<TextJob*> led,
                                                             InFlightClaims* claims, Call* call) {
  if (!Caches(*call)) return led;
  std::vector<CacheKey> keys;
  keys.reserve(led.size());
  for (const TextJob* job : led) keys.push_back(job->key);
  CacheLookUp look_up = LookUp(*call);
  look_up.Find(keys);
  std::vector<TextJob*> missing;
  for (size_t i = 0; i < led.size(); ++i) {
    if (const std::optional<Record> record = look_up.Found(i)) {
      Finish(led[i], CopyRecord(*record), claims, call);
    } else {
      missing.push_back(led[i]);
    }
  }
  return missing;
}

Status EmbeddingsService::Impl::ComputeLed(std::span<TextJob* const> led, InFlightClaims* claims,
                                           Call* call) {
  const auto join = [unit = info.normalized](std::span<const WindowPart> windows) {
    return JoinDense(windows, unit);
  };
  const auto embed = std::make_shared<EmbedCall>(join, Caches(*call));
  const Patience patience{.stop = call->options.stop, .deadline = call->options.deadline};
  {
    const Stopwatch watch;
    const CallPart part{
        .jobs = led, .texts = call->texts, .choices = call->choices, .patience = patience};
    VETOR_ASSIGN_OR_RETURN(const uint64_t tokens, AddTexts(engine, part, embed.get()));
    recorder.tokens += tokens;
    if (!engine.reads_text()) recorder.tokenize.AddMs(watch.ms());
  }
  embed->Seal();
  if (const auto& progress = call->options.progress) {
    embed->StartProgress([&progress, done = call->done, total = call->texts.size()](size_t n) {
      progress(done + n, total);
    });
  }
  const Status status = scheduler.Run(embed, patience);
  embed->StopProgress();
  VETOR_RETURN_IF_ERROR(status);
  for (size_t i = 0; i < led.size(); ++i) {
    Finish(led[i], std::move(embed->jobs()[i].record), claims, call);
  }
  call->done += led.size();
  return Status();
}

EmbeddingsService::EmbeddingsService(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

EmbeddingsService::~EmbeddingsService() {
  // A child of fork() has none of the threads that the parts would wait for.
  if (impl_->fork_guard.InChild()) static_cast<void>(impl_.release());
}

Result<std::unique_ptr<EmbeddingsService>> EmbeddingsService::Open(const EmbeddingsConfig& config) {
  if (!config.enabled) {
    return FailedPreconditionError("embeddings are switched off: ai.enabled is false");
  }
  return CatchExceptions([&config]() -> Result<std::unique_ptr<EmbeddingsService>> {
    const EmbeddingsConfig located = WithLocatedCache(config);
    VETOR_ASSIGN_OR_RETURN(Engine engine, OpenEngine(located));
    auto impl = std::make_unique<Impl>(located, std::move(engine));
    VETOR_RETURN_IF_ERROR(impl->scheduler.Started());
    return std::unique_ptr<EmbeddingsService>(new EmbeddingsService(std::move(impl)));
  });
}

Result<Embeddings> EmbeddingsService::Embed(std::span<const std::string_view> texts,
                                            const EmbedOptions& options) {
  ++impl_->recorder.calls;
  Result<Embeddings> embeddings = CatchExceptions([&] { return impl_->Embed(texts, options); });
  if (!embeddings.ok()) ++impl_->recorder.failed_calls;
  return embeddings;
}

Result<Embeddings> EmbeddingsService::Embed(std::span<const std::string> texts,
                                            const EmbedOptions& options) {
  return CatchExceptions([&] {
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    return Embed(std::span<const std::string_view>(views), options);
  });
}

Result<Embeddings> EmbeddingsService::Embed(std::initializer_list<std::string_view> texts,
                                            const EmbedOptions& options) {
  return Embed(std::span<const std::string_view>(texts.begin(), texts.size()), options);
}

Metrics EmbeddingsService::metrics() const {
  return ReadMetrics(impl_->recorder, impl_->cache.get(), impl_->engine);
}
const ServiceInfo& EmbeddingsService::info() const { return impl_->info; }

}  // namespace vetor
