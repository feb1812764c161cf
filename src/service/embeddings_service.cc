// The data flow of vetor on one page:
//
//   texts -> prompt -> cache.Find -misses-> join those in flight -> tokenizer.Encode ->
//   batching -> backend.Run -> pooling -> cache.Insert -> rows in the caller's order
//
// EmbedFlow goes as far as it can without waiting. In Embed a thread waits between its steps; for
// EmbedAsync the steps are tasks of the workers.
#include "vetor/embeddings_service.h"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "base/exceptions.h"
#include "base/process_end.h"
#include "base/status_macros.h"
#include "batching/scheduler.h"
#include "cache/cache_key.h"
#include "cache/vector_cache.h"
#include "engine/engine.h"
#include "engine/open_engine.h"
#include "os/fork_guard.h"
#include "service/async_calls.h"
#include "service/batch_runner.h"
#include "service/embed_flow.h"
#include "service/in_flight.h"
#include "service/located_cache.h"
#include "service/metrics_recorder.h"
#include "service/new_runtime_note.h"
#include "service/service_report.h"
#include "service/user_function.h"

namespace vetor {

struct EmbeddingsService::Impl {
  Impl(const EmbeddingsConfig& config, Engine opened)
      : engine(std::move(opened)),
        info(DescribeService(engine)),
        keyer(engine.info().fingerprint),
        cache(OpenCache(config.cache, engine)),
        parts{.engine = &engine,
              .info = &info,
              .keyer = &keyer,
              .cache = cache.get(),
              .in_flight = &in_flight,
              .recorder = &recorder,
              .on_long = config.model.on_long,
              .batch_size = static_cast<size_t>(std::max(1, config.batch_size))},
        runner(&engine, cache.get(), &recorder),
        async_calls(parts, &scheduler),
        scheduler(QueueOptions(config, engine.traits()),
                  [this](const TokenBatch& batch, std::span<const ScheduledRow> rows) {
                    runner.Run(batch, rows);
                  }) {}

  Status CheckProcess() const { return fork_guard.InChild() ? ForkedError() : Status(); }
  static Status ForkedError();
  Result<Embeddings> Embed(std::span<const std::string_view> texts, const EmbedOptions& options);

  const ForkGuard fork_guard;
  const Engine engine;
  const ServiceInfo info;
  const CacheKeyer keyer;
  MetricsRecorder recorder;
  InFlight in_flight;
  const std::unique_ptr<VectorCache> cache;  ///< Null if the cache is off.
  const FlowParts parts;
  const BatchRunner runner;
  AsyncCalls async_calls;
  Scheduler scheduler;  ///< Last: its workers use everything above.
};

Status EmbeddingsService::Impl::ForkedError() {
  return FailedPreconditionError(
      "this service was opened before fork(); its workers do not exist in the child. Open a "
      "service in the child, or use the spawn start method");
}

// Runs the flow on a thread that waits between its steps.
Result<Embeddings> EmbeddingsService::Impl::Embed(std::span<const std::string_view> texts,
                                                  const EmbedOptions& options) {
  VETOR_RETURN_IF_ERROR(CheckProcess());
  VETOR_RETURN_IF_ERROR(UserFunction::CheckNone());
  EmbedFlow flow(parts, texts, options);
  VETOR_ASSIGN_OR_RETURN(EmbedFlow::Next next, flow.LookUp());
  while (next != EmbedFlow::Next::kDone) {
    if (next == EmbedFlow::Next::kClaim) {
      VETOR_ASSIGN_OR_RETURN(next, flow.Claim());
    } else if (next == EmbedFlow::Next::kCompute) {
      const Status outcome = scheduler.Run(flow.call(), flow.limits());
      VETOR_ASSIGN_OR_RETURN(next, flow.Computed(outcome));
    } else {
      VETOR_ASSIGN_OR_RETURN(std::vector<TextJob*> taken_over,
                             flow.claims().Wait(options.stop, options.deadline));
      VETOR_ASSIGN_OR_RETURN(next, flow.Followed(std::move(taken_over)));
    }
  }
  return flow.Take();
}

EmbeddingsService::EmbeddingsService(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

EmbeddingsService::~EmbeddingsService() {
  // A child of fork() has none of the threads that the parts would wait for.
  if (impl_->fork_guard.InChild()) {
    static_cast<void>(impl_.release());
    return;
  }
  if (impl_->scheduler.RunsHere() || impl_->async_calls.RunsHere()) {
    EndProcess(
        "a service was destroyed by a callback of EmbedAsync or a progress function that it called "
        "itself, on the thread that its destructor would wait for",
        "destroy it on another thread; a callback that owns the service must not be the last to");
  }
  impl_->async_calls.Close();
}

Result<std::unique_ptr<EmbeddingsService>> EmbeddingsService::Open(const EmbeddingsConfig& config) {
  if (!config.enabled) {
    return FailedPreconditionError(
        "embeddings are switched off: ai.enabled is false; set it to true");
  }
  return CatchExceptions([&config]() -> Result<std::unique_ptr<EmbeddingsService>> {
    const EmbeddingsConfig located = WithLocatedCache(config);
    VETOR_ASSIGN_OR_RETURN(Engine engine, OpenEngine(located));
    NoteNewRuntime(located, engine);
    return Start(located, std::move(engine));
  });
}

Result<std::unique_ptr<EmbeddingsService>> EmbeddingsService::Start(const EmbeddingsConfig& config,
                                                                    Engine engine) {
  auto impl = std::make_unique<Impl>(config, std::move(engine));
  VETOR_RETURN_IF_ERROR(impl->scheduler.Started());
  return std::unique_ptr<EmbeddingsService>(new EmbeddingsService(std::move(impl)));
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

std::optional<Embeddings> EmbeddingsService::FindInMemory(std::span<const std::string> texts,
                                                          const EmbedOptions& options) {
  if (!impl_->CheckProcess().ok()) return std::nullopt;
  std::optional<Embeddings> found;
  const Status status = CatchExceptions([&]() -> Status {
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    found = EmbedFlow(impl_->parts, views, options).TakeFromMemory();
    return {};
  });
  if (!status.ok() || !found) return std::nullopt;
  ++impl_->recorder.calls;
  return found;
}

void EmbeddingsService::EmbedAsync(std::vector<std::string> texts, EmbedOptions options,
                                   EmbedCallback done) {
  if (const Status status = impl_->CheckProcess(); !status.ok()) return done(status);
  impl_->async_calls.Start({std::move(texts), std::move(options), std::move(done)});
}

Metrics EmbeddingsService::metrics() const {
  return ReadMetrics(impl_->recorder, impl_->cache.get(), impl_->engine);
}
const ServiceInfo& EmbeddingsService::info() const { return impl_->info; }

const Tokenizer* EmbeddingsService::tokenizer() const { return impl_->engine.tokenizer(); }

}  // namespace vetor
