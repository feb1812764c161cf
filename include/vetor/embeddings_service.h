// EmbeddingsService: texts in, vectors out. A user starts here.
//
//   auto service = vetor::EmbeddingsService::Open(
//       vetor::EmbeddingsConfig::ForModel("models/all-MiniLM-L6-v2"));
//   if (!service.ok()) return Fail(service.status());
//   auto embeddings = (*service)->Embed({"GP de São Paulo", "Brazilian Grand Prix"});
//
// A service is one vector space for its whole life: backend, model and provider are chosen once,
// in Open, and never switch. A vector depends on its text alone, not on its batch mates, the
// number of threads or the cache.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/choices.h"
#include "vetor/component_ranges.h"
#include "vetor/embeddings_config.h"
#include "vetor/metrics.h"
#include "vetor/service_info.h"
#include "vetor/status.h"

namespace vetor {

class Engine;
class Tokenizer;

/// What is known of one text beside its vector.
struct TextInfo {
  /// Tokens the model saw, special tokens and, in windows, overlaps included; 0 for hashing. 0 of a
  /// model: there was nothing to read, and the vector is zeros (Metrics::texts_without_tokens).
  uint32_t tokens = 0;
  /// The text was longer than the model's maximum, and what was too much of it was ignored.
  bool truncated = false;
  bool cached = false;  ///< The vector came from memory or disk.
};

/// Where the time of one call went, in milliseconds. All are 0 if the cache had every text.
struct CallTimes {
  double tokenize_ms = 0;
  double queue_ms = 0;    ///< From the last token id to the begin of the first batch.
  double compute_ms = 0;  ///< From there to the end of the last batch.
};

/// The answer of Embed. Owns its memory.
struct Embeddings {
  std::vector<float> values;  ///< [rows, dim], row-major, float32, in the order of the texts.
  size_t rows = 0;
  size_t dim = 0;
  std::vector<TextInfo> texts;  ///< [rows]
  std::string model_id;         ///< The vector space: compare vectors only within one.
  CallTimes times;

  std::span<const float> row(size_t i) const { return {values.data() + i * dim, dim}; }
};

/// How one call is to be done.
struct EmbedOptions {
  /// Prompt by name, instead of the service's; a name the model does not have is an error.
  std::optional<std::string> prompt_name = {};

  /// Text put before every text of this call, instead of a named prompt. UTF-8, as the texts are.
  std::optional<std::string> prompt = {};

  /// What becomes of a text that is too long, instead of ModelConfig::on_long.
  std::optional<OnLong> on_long = {};

  /// The end that OnLong::kTruncate cuts, instead of the one that the model's tokenizer cuts
  /// (Tokenizer::keeps_end). On the left a prompt is cut first, because it is the text's beginning.
  /// Windows, refusals and hashing do not look at it.
  std::optional<TruncationSide> truncation_side = {};

  /// Invalid UTF-8 in a text or in `prompt`: false refuses the call naming row and byte; true
  /// replaces each maximal invalid part with U+FFFD, as Python's errors="replace".
  bool replace_invalid_utf8 = false;

  /// Look in and fill the cache.
  bool use_cache = true;

  /// What the call does if so many texts wait already that the queue has no room for its own (four
  /// million tokens; a text of hashing counts as one). A call that is refused computes nothing and
  /// counts in Metrics::refused_calls: try again later, or elsewhere.
  WhenFull when_full = WhenFull::kWait;

  /// The caller's way out: a requested stop frees queued work and returns CANCELLED.
  std::stop_token stop = {};

  /// Work not begun by then is dropped and the call returns DEADLINE_EXCEEDED.
  std::optional<std::chrono::steady_clock::time_point> deadline = {};

  /// Called now and then with the texts done so far, from one thread at a time, in the middle of a
  /// batch. What it throws fails the call with INTERNAL; an Embed from there, of this or another
  /// service, is refused with FAILED_PRECONDITION.
  std::function<void(size_t done, size_t total)> progress = {};

  /// Asked once per call, after the look into the cache and before anything else is done, about the
  /// texts that the cache does not hold, with their prompt; not asked if it holds all. An error
  /// ends the call with that error and counts in Metrics::refused_calls. So a program that bounds
  /// its work still answers what costs none. It must not block; an Embed from there is refused with
  /// FAILED_PRECONDITION.
  std::function<Status(std::span<const std::string_view> missing)> admit = {};
};

/// The one list of a call's options: calls visit(name, member) for each, in the order above; name
/// is the option's name in every language. The Python package's options, their types and their
/// checks are made with it, so that none lacks an option. (Python says two in its own way: a
/// `deadline` as `timeout` in seconds, and `stop` as Ctrl-C. It has no `admit`, because its calls
/// wait.)
template <typename Visit>
void ForEachEmbedOption(Visit&& visit) {
  // A field more or less in the struct does not compile here.
  [[maybe_unused]] const auto complete = [](const EmbedOptions& options) {
    [[maybe_unused]] const auto& [prompt_name, prompt, on_long, truncation_side,
                                  replace_invalid_utf8, use_cache, when_full, stop, deadline,
                                  progress, admit] = options;
  };
  visit("prompt_name", &EmbedOptions::prompt_name);
  visit("prompt", &EmbedOptions::prompt);
  visit("on_long", &EmbedOptions::on_long);
  visit("truncation_side", &EmbedOptions::truncation_side);
  visit("replace_invalid_utf8", &EmbedOptions::replace_invalid_utf8);
  visit("use_cache", &EmbedOptions::use_cache);
  visit("when_full", &EmbedOptions::when_full);
  visit("stop", &EmbedOptions::stop);
  visit("deadline", &EmbedOptions::deadline);
  visit("progress", &EmbedOptions::progress);
  visit("admit", &EmbedOptions::admit);
}

/// Thread-safe: any number of threads may call Embed and metrics on one service.
class EmbeddingsService {
 public:
  /// Reads the model, starts the workers: as many as the system gives, RESOURCE_EXHAUSTED where it
  /// gives none. Errors: INVALID_ARGUMENT for a setting, NOT_FOUND, PERMISSION_DENIED, DATA_LOSS or
  /// UNIMPLEMENTED for a model, UNAVAILABLE for the runtime, RESOURCE_EXHAUSTED for memory; with
  /// Fallback::kHashing those of the ONNX backend become a warning and fallback_reason().
  static Result<std::unique_ptr<EmbeddingsService>> Open(const EmbeddingsConfig& config);

  /// Waits for running batches, cancels queued ones and calls of EmbedAsync. Embed must not be
  /// running. A service that is destroyed by a callback or progress function that it called itself
  /// would wait for that very thread: this ends the process with a message (abort). In a child of
  /// fork(), which has none of the threads, it leaves the memory to the process's end.
  ~EmbeddingsService();
  EmbeddingsService(const EmbeddingsService&) = delete;
  EmbeddingsService& operator=(const EmbeddingsService&) = delete;

  /// One vector per text, in order. An empty list gives zero rows; an empty string the vector of
  /// the special tokens (without any, and with hashing: zeros). All or nothing: on an error no row
  /// is returned, but what was finished until then is in the cache, where the next call begins.
  /// Errors: INVALID_ARGUMENT (UTF-8, prompt, an option that is not a value of its enumeration, a
  /// text too long with OnLong::kError), CANCELLED, DEADLINE_EXCEEDED, FAILED_PRECONDITION (used
  /// after fork, or by a progress function or callback), RESOURCE_EXHAUSTED (memory, or the queue
  /// is full with WhenFull::kRefuse), INTERNAL (the model gave NaN or Inf; the message names the
  /// row), DATA_LOSS (somebody wrote into the model's files: open another service; what is cached
  /// is still answered).
  Result<Embeddings> Embed(std::span<const std::string_view> texts,
                           const EmbedOptions& options = {});
  Result<Embeddings> Embed(std::span<const std::string> texts, const EmbedOptions& options = {});
  Result<Embeddings> Embed(std::initializer_list<std::string_view> texts,
                           const EmbedOptions& options = {});

  /// Called once, with what Embed would return.
  using EmbedCallback = std::function<void(Result<Embeddings> embeddings)>;

  /// As Embed, but returns at once: the look into the cache, tokenizing and computing are the
  /// workers', and no thread waits for the call. (The look into the cache has a thread of its own,
  /// so that what is cached does not wait for batches that run.) `done` is called once, by one of
  /// these threads, whatever becomes of the call:
  ///
  ///   service->EmbedAsync({"GP de São Paulo"}, {}, [](vetor::Result<vetor::Embeddings> found) {
  ///     if (found.ok()) Use(found->row(0));
  ///   });
  ///
  /// `done` must not block, since it keeps a worker from computing: it hands the answer on. It may
  /// call EmbedAsync; Embed from there is refused with FAILED_PRECONDITION. It must not destroy the
  /// service, nor own the last reference to it (a std::shared_ptr that it captured): that ends the
  /// process with a message. What it throws is logged. The functions of `options` are called by
  /// workers as well. A deadline and a requested stop are noticed between batches. With
  /// WhenFull::kWait calls queue without a bound, each with its texts: a program that takes calls
  /// from others bounds them or uses kRefuse.
  ///
  /// Destroying the service ends calls under way with CANCELLED and waits for their callbacks. A
  /// callback that begins another call whenever it is called would keep the destructor waiting for
  /// ever: begin none after CANCELLED. Without a callback (`done` is empty) nothing is computed,
  /// the call counts as failed and one line in the log says so. Without a worker, in a child of
  /// fork() or if the system refuses memory for the call, `done` is called before EmbedAsync
  /// returns.
  void EmbedAsync(std::vector<std::string> texts, EmbedOptions options, EmbedCallback done);

  /// The vectors of texts that are all in the memory cache, on the calling thread and in
  /// microseconds: it never waits, reads no disk and computes nothing. Nothing if a text is not
  /// there, or for any error: then go on with Embed or EmbedAsync, which say what is wrong. Only
  /// calls that are answered are counted. For callers such as an event loop, to which the way to
  /// another thread and back costs more than the answer. `progress` and `admit` are not called.
  ///
  ///   if (const auto found = service->FindInMemory(texts)) Use(found->row(0));
  std::optional<Embeddings> FindInMemory(std::span<const std::string> texts,
                                         const EmbedOptions& options = {});

  /// A snapshot of the counters.
  Metrics metrics() const;

  /// What runs; the reference lives as long as the service.
  const ServiceInfo& info() const;

  /// The tokenizer whose ids the model reads (tokenizer.h); null for hashing. It lives as long as
  /// the service.
  const Tokenizer* tokenizer() const;

  // The members of info(), by name.
  size_t dim() const { return info().dim; }
  int max_length() const { return info().max_length; }
  bool normalized() const { return info().normalized; }
  bool normalized_by_model() const { return info().normalized_by_model; }
  const std::string& model_id() const { return info().model_id; }
  const std::map<std::string, std::string>& prompts() const { return info().prompts; }
  const std::string& active_backend() const { return info().active_backend; }
  const std::string& active_provider() const { return info().active_provider; }
  const std::string& active_runtime() const { return info().active_runtime; }
  const std::string& runtime_reason() const { return info().runtime_reason; }
  const std::string& active_precision() const { return info().active_precision; }
  const std::string& fallback_reason() const { return info().fallback_reason; }
  const std::string& fingerprint() const { return info().fingerprint; }
  const ComponentRanges& component_ranges() const { return info().component_ranges; }

 private:
  struct Impl;
  friend class OpenedService;
  explicit EmbeddingsService(std::unique_ptr<Impl> impl);
  static Result<std::unique_ptr<EmbeddingsService>> Start(const EmbeddingsConfig& config,
                                                          Engine engine);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vetor
