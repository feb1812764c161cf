// The data flow of vetor on one page:
//
//   texts -> prompt -> cache.Find -misses-> join those in flight -> tokenizer.Encode ->
//   batching -> backend.Run -> pooling -> cache.Insert -> rows in the caller's order
#include "vetor/embeddings_service.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <utility>

#include "base/cpu.h"
#include "base/exceptions.h"
#include "base/fork_guard.h"
#include "base/status_macros.h"
#include "batching/scheduler.h"
#include "cache/cache_key.h"
#include "cache/in_flight.h"
#include "cache/vector_cache.h"
#include "service/call_part.h"
#include "service/embed_call.h"
#include "service/engine.h"
#include "service/located_cache.h"
#include "service/long_text.h"
#include "service/metrics_recorder.h"
#include "service/text_preparation.h"
#include "service/text_tokenizing.h"

namespace vetor {
namespace {

using Clock = std::chrono::steady_clock;

double MsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// A record is what the cache keeps of a text: its vector and one more float whose bits are the
// token count and the truncation flag, so that a cached answer says as much as a computed one.
float PackInfo(const TextInfo& info) {
  return std::bit_cast<float>(info.tokens << 1 | (info.truncated ? 1U : 0U));
}

TextInfo UnpackInfo(float packed) {
  const auto bits = std::bit_cast<uint32_t>(packed);
  return {.tokens = bits >> 1, .truncated = (bits & 1) != 0};
}

SchedulerOptions QueueOptions(const EmbeddingsConfig& config, const BackendTraits& traits) {
  const int cores = config.threads > 0 ? config.threads : ReadCpuBudget().workers;
  SchedulerOptions options;
  // A worker a core whatever intra_op_threads is: with 2 of it, half as many workers lost a fifth
  // of the rate (docs/performance.md).
  options.limits.workers = static_cast<size_t>(std::max(1, cores));
  options.limits.max_rows = static_cast<size_t>(std::max(1, config.batch_size));
  if (traits.max_rows > 0) {
    options.limits.max_rows = std::min(options.limits.max_rows, traits.max_rows);
  }
  options.limits.max_tokens = traits.max_tokens;
  options.limits.equal_lengths = traits.equal_lengths;
  return options;
}

}  // namespace

struct EmbeddingsService::Impl {
  Impl(const EmbeddingsConfig& config, Engine opened)
      : engine(std::move(opened)),
        on_long(*ParseOnLong(config.onnx.on_long)),
        normalize(engine.normalize),
        dim(engine.pooler->dim()),
        batch_size(static_cast<size_t>(std::max(1, config.batch_size))),
        keyer(engine.fingerprint),
        in_flight(dim + 1),
        scheduler(QueueOptions(config, engine.backend->traits()),
                  [this](const TokenBatch& batch, std::span<const ScheduledRow> rows) {
                    RunBatch(batch, rows);
                  }) {
    if (!config.cache.enabled) return;
    cache = VectorCache::Open({.dir = config.cache.dir.value_or(""),
                               .ttl_days = config.cache.ttl_days,
                               .max_bytes = config.cache.max_mb << 20,
                               .memory_bytes = config.cache.memory_mb << 20,
                               .dim = dim + 1});
  }

  Result<Embeddings> Embed(std::span<const std::string_view> texts, const EmbedOptions& options);
  Result<std::string> PromptOf(const EmbedOptions& options) const;
  Result<OnLong> OnLongOf(const EmbedOptions& options) const;

  // Texts of one call on their way; rows are the caller's.
  struct Pending {
    const PreparedTexts& texts;
    std::string_view prompt;
    OnLong on_long;
    const EmbedOptions& options;
    size_t done = 0;             ///< Texts of the call that need no work any more.
    std::vector<size_t> rows;    ///< Not found in the cache.
    std::vector<CacheKey> keys;  ///< [rows.size()]
    std::vector<float> records;  ///< [rows.size(), dim + 1]

    void Finish(size_t i, std::span<const float> record, InFlightClaims* claims) {
      std::copy(record.begin(), record.end(),
                records.begin() + static_cast<std::ptrdiff_t>(i * record.size()));
      claims->Publish(i, record);
    }
  };
  CacheKey KeyOf(size_t row, const Pending& pending) const;
  std::vector<size_t> FindCached(std::span<const CacheKey> keys, Embeddings* out);
  Status Compute(Pending* pending);
  std::vector<size_t> WithoutCached(std::vector<size_t> led, InFlightClaims* claims,
                                    Pending* pending);
  Status ComputeLed(std::span<const size_t> led, InFlightClaims* claims, Pending* pending);
  size_t NextPart(std::span<const size_t> led, const Pending& pending) const;
  Status Tokenize(std::span<const size_t> led, Pending* pending, EmbedCall* call);

  void RunBatch(const TokenBatch& batch, std::span<const ScheduledRow> rows);
  Status PoolBatch(const TokenBatch& batch, std::span<float> vectors);
  void Keep(const FinishedTexts& finished);

  const ForkGuard fork_guard;
  Engine engine;
  const OnLong on_long;
  const bool normalize;
  const size_t dim;
  const size_t batch_size;
  const CacheKeyer keyer;
  MetricsRecorder recorder;
  InFlight in_flight;
  std::unique_ptr<VectorCache> cache;  ///< Null: off.
  Scheduler scheduler;                 ///< Last: its workers use everything above.
};

Result<Embeddings> EmbeddingsService::Impl::Embed(std::span<const std::string_view> texts,
                                                  const EmbedOptions& options) {
  const Clock::time_point start = Clock::now();
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
  VETOR_ASSIGN_OR_RETURN(const std::string prompt, PromptOf(options));
  VETOR_ASSIGN_OR_RETURN(const PreparedTexts prepared,
                         PreparedTexts::Make(texts, prompt, options.replace_invalid_utf8));
  Embeddings out{.values = std::vector<float>(texts.size() * dim),
                 .rows = texts.size(),
                 .dim = dim,
                 .texts = std::vector<TextInfo>(texts.size()),
                 .model_id = engine.model_id};
  VETOR_ASSIGN_OR_RETURN(const OnLong long_texts, OnLongOf(options));
  Pending pending{.texts = prepared, .prompt = prompt, .on_long = long_texts, .options = options};
  std::vector<CacheKey> keys;
  keys.reserve(texts.size());
  for (size_t row = 0; row < prepared.size(); ++row) keys.push_back(KeyOf(row, pending));

  if (cache && options.use_cache) {
    pending.rows = FindCached(keys, &out);
  } else {
    for (size_t row = 0; row < texts.size(); ++row) pending.rows.push_back(row);
  }
  for (const size_t row : pending.rows) pending.keys.push_back(keys[row]);
  VETOR_RETURN_IF_ERROR(Compute(&pending));

  for (size_t i = 0; i < pending.rows.size(); ++i) {
    const std::span<const float> record =
        std::span(pending.records).subspan(i * (dim + 1), dim + 1);
    const size_t row = pending.rows[i];
    std::copy_n(record.begin(), dim, out.values.begin() + static_cast<std::ptrdiff_t>(row * dim));
    out.texts[row] = UnpackInfo(record.back());
  }
  for (const TextInfo& info : out.texts) {
    if (info.truncated) ++recorder.truncated_texts;
    if (info.tokens == 0 && engine.tokenizer) ++recorder.texts_without_tokens;
  }
  recorder.texts += texts.size();
  if (pending.rows.empty() && !texts.empty()) recorder.AddLatency(MsSince(start));
  return out;
}

Result<std::string> EmbeddingsService::Impl::PromptOf(const EmbedOptions& options) const {
  if (options.prompt) return *options.prompt;
  if (!options.prompt_name) return engine.default_prompt;
  const auto prompt = engine.prompts.find(*options.prompt_name);
  if (prompt != engine.prompts.end()) return prompt->second;
  std::string known;
  for (const auto& [name, text] : engine.prompts) known += " \"" + name + "\"";
  return InvalidArgumentError("prompt_name \"" + *options.prompt_name + "\" is not a prompt of " +
                              engine.model_id + ", which has" + (known.empty() ? " none" : known));
}

Result<OnLong> EmbeddingsService::Impl::OnLongOf(const EmbedOptions& options) const {
  if (!options.on_long) return on_long;
  return ParseOnLong(*options.on_long);
}

// Where pooling leaves the prompt out, and where every window repeats it, the place where it ends
// shapes the vector: "query: " before "race" is not "query: race". No text begins with 0xFF, so the
// mark cannot be one's own words. What reads text has no maximum, and so no long texts.
CacheKey EmbeddingsService::Impl::KeyOf(size_t row, const Pending& pending) const {
  const OnLong long_texts = engine.tokenizer ? pending.on_long : OnLong::kTruncate;
  std::string mark;
  if (long_texts != OnLong::kTruncate) mark = long_texts == OnLong::kWindow ? "window" : "error";
  if (!pending.prompt.empty() && (!engine.include_prompt || long_texts == OnLong::kWindow)) {
    mark += std::to_string(pending.prompt.size());
  }
  const std::string_view text = pending.texts[row];
  if (mark.empty()) return keyer.Key(text);
  return keyer.Key("\xFF" + mark + ":" + std::string(text));
}

std::vector<size_t> EmbeddingsService::Impl::FindCached(std::span<const CacheKey> keys,
                                                        Embeddings* out) {
  const Clock::time_point start = Clock::now();
  std::vector<float> records(keys.size() * (dim + 1));
  const std::vector<CacheTier> tiers = cache->Find(keys, records);
  std::vector<size_t> missed;
  for (size_t row = 0; row < keys.size(); ++row) {
    if (tiers[row] == CacheTier::kMiss) {
      missed.push_back(row);
      continue;
    }
    const float* record = records.data() + row * (dim + 1);
    std::copy_n(record, dim, out->values.begin() + static_cast<std::ptrdiff_t>(row * dim));
    out->texts[row] = UnpackInfo(record[dim]);
    out->texts[row].cached = true;
  }
  recorder.cache_hits += keys.size() - missed.size();
  recorder.cache_misses += missed.size();
  recorder.cache_find.AddMs(MsSince(start));
  return missed;
}

Status EmbeddingsService::Impl::Compute(Pending* pending) {
  if (pending->rows.empty()) return Status();
  pending->records.resize(pending->rows.size() * (dim + 1));
  InFlightClaims claims = in_flight.Claim(pending->keys);
  std::vector<size_t> led = claims.led();
  recorder.joined_texts += claims.followed();
  while (true) {
    led = WithoutCached(std::move(led), &claims, pending);
    pending->done = pending->texts.size() - led.size();
    for (std::span<const size_t> left = led; !left.empty();) {
      const std::span<const size_t> part = left.first(NextPart(left, *pending));
      VETOR_RETURN_IF_ERROR(ComputeLed(part, &claims, pending));
      left = left.subspan(part.size());
    }
    VETOR_ASSIGN_OR_RETURN(
        led, claims.Wait(pending->records, pending->options.stop, pending->options.deadline));
    if (led.empty()) return Status();
  }
}

size_t EmbeddingsService::Impl::NextPart(std::span<const size_t> led,
                                         const Pending& pending) const {
  return TextsOfPart(led.size(), {pending.on_long == OnLong::kWindow, batch_size},
                     [&](size_t i) { return pending.texts[pending.rows[led[i]]].size(); });
}

// Another call may have finished a text between this call's look into the cache and its claim.
std::vector<size_t> EmbeddingsService::Impl::WithoutCached(std::vector<size_t> led,
                                                           InFlightClaims* claims,
                                                           Pending* pending) {
  if (!cache || !pending->options.use_cache) return led;
  std::vector<CacheKey> keys;
  keys.reserve(led.size());
  for (const size_t i : led) keys.push_back(pending->keys[i]);
  std::vector<float> records(keys.size() * (dim + 1));
  const std::vector<CacheTier> tiers = cache->Find(keys, records);
  std::vector<size_t> missing;
  for (size_t k = 0; k < led.size(); ++k) {
    if (tiers[k] == CacheTier::kMiss) {
      missing.push_back(led[k]);
    } else {
      pending->Finish(led[k], std::span(records).subspan(k * (dim + 1), dim + 1), claims);
    }
  }
  return missing;
}

Status EmbeddingsService::Impl::ComputeLed(std::span<const size_t> led, InFlightClaims* claims,
                                           Pending* pending) {
  const auto call = std::make_shared<EmbedCall>(EmbedCall::Shape{led.size(), dim + 1, normalize});
  VETOR_RETURN_IF_ERROR(Tokenize(led, pending, call.get()));
  if (cache && pending->options.use_cache) {
    for (const size_t i : led) call->keys.push_back(pending->keys[i]);
  }
  call->Seal();
  if (const auto& progress = pending->options.progress) {
    call->StartProgress([&progress, done = pending->done, total = pending->texts.size()](size_t n) {
      progress(done + n, total);
    });
  }
  const Status status =
      scheduler.Run(call, {.stop = pending->options.stop, .deadline = pending->options.deadline});
  call->StopProgress();
  VETOR_RETURN_IF_ERROR(status);
  for (size_t k = 0; k < led.size(); ++k) {
    const std::span<const float> records(call->records());
    pending->Finish(led[k], records.subspan(k * (dim + 1), dim + 1), claims);
  }
  pending->done += led.size();
  return Status();
}

Status EmbeddingsService::Impl::Tokenize(std::span<const size_t> led, Pending* pending,
                                         EmbedCall* call) {
  const Clock::time_point start = Clock::now();
  if (engine.backend->traits().input == BackendInput::kTexts) {
    for (size_t k = 0; k < led.size(); ++k) {
      const size_t row = pending->rows[led[k]];
      call->AddText(row, pending->texts[row]);
    }
    return Status();
  }
  // Before too: a map of a file that was cut is not to be read.
  VETOR_RETURN_IF_ERROR(engine.tokenizer->FilesUnchanged());
  TextTokenizing how{.max_length = static_cast<size_t>(engine.max_length),
                     .prompt_bytes = pending->prompt.size(),
                     .on_long = pending->on_long};
  if (!engine.include_prompt && !pending->prompt.empty()) {
    VETOR_ASSIGN_OR_RETURN(how.prompt_tokens,
                           CountPromptTokens(*engine.tokenizer, pending->prompt));
  }
  uint64_t tokens = 0;
  const Patience patience{.stop = pending->options.stop, .deadline = pending->options.deadline};
  for (size_t k = 0; k < led.size(); ++k) {
    VETOR_RETURN_IF_ERROR(patience.Check());
    const size_t row = pending->rows[led[k]];
    VETOR_ASSIGN_OR_RETURN(const TextInfo info,
                           AddTokenized(*engine.tokenizer, how, row, pending->texts[row], call));
    call->records()[k * (dim + 1) + dim] = PackInfo(info);
    tokens += info.tokens;
  }
  VETOR_RETURN_IF_ERROR(engine.tokenizer->FilesUnchanged());
  recorder.tokens += tokens;
  recorder.tokenize.AddMs(MsSince(start));
  return Status();
}

void EmbeddingsService::Impl::RunBatch(const TokenBatch& batch,
                                       std::span<const ScheduledRow> rows) {
  const Clock::time_point start = Clock::now();
  thread_local std::vector<float> vectors;
  vectors.resize(batch.rows() * dim);
  const Status status = PoolBatch(batch, vectors);
  if (status.ok()) {
    recorder.AddLatency(MsSince(start));
    ++recorder.batches;
    thread_local FinishedTexts finished;
    finished.Clear();
    for (size_t r = 0; r < rows.size(); ++r) {
      static_cast<EmbedCall*>(rows[r].call)
          ->Deliver(rows[r].index, std::span(vectors).subspan(r * dim, dim), &finished);
    }
    return Keep(finished);
  }
  if (rows.size() == 1) {
    const size_t row = static_cast<EmbedCall*>(rows[0].call)->row(rows[0].index);
    // DATA_LOSS is the model's files', whichever text met it.
    const bool of_text = status.code() != StatusCode::kDataLoss;
    return rows[0].call->Fail(of_text ? status.WithContext("text " + std::to_string(row)) : status);
  }
  // Row by row, so that one bad text fails its own call and not those that shared the batch.
  for (size_t r = 0; r < rows.size(); ++r) RunBatch(batch.Only(r), rows.subspan(r, 1));
}

// With each batch and not with each call: one that ends early (deadline, stop, a text that fails)
// leaves what it finished to the next.
void EmbeddingsService::Impl::Keep(const FinishedTexts& finished) {
  recorder.computed_texts += finished.count;
  if (finished.keys.empty()) return;
  const Clock::time_point start = Clock::now();
  cache->Insert(finished.keys, finished.records);
  recorder.cache_insert.AddMs(MsSince(start));
}

Status EmbeddingsService::Impl::PoolBatch(const TokenBatch& batch, std::span<float> vectors) {
  const Clock::time_point start = Clock::now();
  VETOR_ASSIGN_OR_RETURN(const BackendOutput output, engine.backend->Run(batch));
  recorder.model.AddMs(MsSince(start));
  recorder.padding_tokens += output.padding_tokens;
  const Clock::time_point pooling = Clock::now();
  const Status status = engine.pooler->Finish(batch, output, vectors);
  recorder.pool.AddMs(MsSince(pooling));
  return status;
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
    VETOR_RETURN_IF_ERROR(ParseOnLong(config.onnx.on_long).status());
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
  Metrics metrics;
  impl_->recorder.CopyTo(&metrics);
  if (impl_->cache) {
    const VectorCacheCounters counters = impl_->cache->counters();
    metrics.cache_memory_hits = counters.memory_hits;
    metrics.cache_disk_hits = counters.disk_hits;
    metrics.cache_evicted = counters.evicted;
    metrics.cache_expired = counters.expired;
    metrics.cache_checksum_misses = counters.checksum_misses;
    metrics.cache_dropped_writes = counters.dropped_writes;
  }
  const MemoryUse memory = ReadMemoryUse();
  metrics.resident_bytes = memory.resident_bytes;
  metrics.peak_resident_bytes = memory.peak_resident_bytes;
  metrics.backend = active_backend();
  metrics.provider = active_provider();
  metrics.precision = active_precision();
  metrics.model_id = model_id();
  metrics.runtime = impl_->engine.backend->traits().library;
  metrics.fallback_reason = fallback_reason();
  metrics.fallback = !metrics.fallback_reason.empty();
  return metrics;
}

size_t EmbeddingsService::dim() const { return impl_->dim; }
bool EmbeddingsService::normalized() const { return impl_->normalize; }
int EmbeddingsService::max_length() const { return impl_->engine.max_length; }
const std::string& EmbeddingsService::model_id() const { return impl_->engine.model_id; }
const std::map<std::string, std::string>& EmbeddingsService::prompts() const {
  return impl_->engine.prompts;
}
const std::string& EmbeddingsService::active_backend() const {
  return impl_->engine.backend->traits().backend;
}
const std::string& EmbeddingsService::active_provider() const {
  return impl_->engine.backend->traits().provider;
}
const std::string& EmbeddingsService::active_precision() const {
  return impl_->engine.backend->traits().precision;
}
const std::string& EmbeddingsService::fallback_reason() const {
  return impl_->engine.fallback_reason;
}
const std::string& EmbeddingsService::fingerprint() const {
  return impl_->engine.service_fingerprint;
}
const ComponentRanges& EmbeddingsService::component_ranges() const { return impl_->engine.ranges; }

}  // namespace vetor
