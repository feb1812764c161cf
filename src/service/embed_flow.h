// One call through the service, as far as it goes without waiting. Embed and EmbedAsync are two
// ways to wait between its steps:
//
//   EmbedFlow flow(parts, texts, options);
//   EmbedFlow::Next next = flow.Start();
//   while (next != EmbedFlow::Next::kDone) {
//     kCompute: give flow.call() to the scheduler and wait;  next = flow.Computed(its outcome)
//     kFollow:  wait for flow.claims();                      next = flow.Followed(what they gave)
//   }
//   flow.Take()
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "batching/scheduler.h"
#include "cache/cache_key.h"
#include "cache/vector_cache.h"
#include "engine/engine.h"
#include "service/cache_look_up.h"
#include "service/call_choices.h"
#include "service/embed_call.h"
#include "service/in_flight.h"
#include "service/metrics_recorder.h"
#include "service/text_preparation.h"
#include "vetor/embeddings_service.h"
#include "vetor/service_info.h"

namespace vetor {

/// What a flow needs of its service, which owns it.
struct FlowParts {
  const Engine* engine = nullptr;
  const ServiceInfo* info = nullptr;
  const CacheKeyer* keyer = nullptr;
  VectorCache* cache = nullptr;  ///< Null: off.
  InFlight* in_flight = nullptr;
  MetricsRecorder* recorder = nullptr;
  OnLong on_long = OnLong::kTruncate;
  size_t batch_size = 1;
};

/// Used by one thread at a time. On an error it is to be destroyed, which gives what it leads to
/// other calls; then no progress function runs any more.
class EmbedFlow {
 public:
  enum class Next { kDone, kCompute, kFollow };

  /// Borrows everything.
  EmbedFlow(const FlowParts& parts, std::span<const std::string_view> texts,
            const EmbedOptions& options)
      : parts_(parts), given_(texts), options_(options) {}
  ~EmbedFlow();
  EmbedFlow(const EmbedFlow&) = delete;
  EmbedFlow& operator=(const EmbedFlow&) = delete;

  /// Looks in the cache, claims the rest and tokenizes the first part. `on_change`: as
  /// InFlight::Claim. Errors: those of Embed, as from all steps.
  Result<Next> Start(InFlight::OnChange on_change = {});
  Result<Next> Computed(const Status& outcome);
  Result<Next> Followed(std::vector<TextJob*> taken_over);

  CallLimits limits() const;
  const std::shared_ptr<EmbedCall>& call() const { return call_; }  ///< Null before kCompute.
  InFlightClaims& claims() { return *claims_; }                     ///< REQUIRES: kFollow.
  Embeddings Take() { return std::move(out_); }                     ///< REQUIRES: kDone.

 private:
  void FindCached();
  Result<Next> Lead(std::vector<TextJob*> led);
  void TakeCached();
  Result<Next> TokenizePart();
  Next Finish();
  void FinishJob(TextJob* job, Record record);
  void Answer(size_t row, const Record& record, bool cached);
  bool caches() const { return parts_.cache != nullptr && options_.use_cache; }
  CacheLookUp LookUp() const {
    return {caches() ? parts_.cache : nullptr, parts_.info->dim, &parts_.recorder->cache_find};
  }

  const FlowParts& parts_;
  const std::span<const std::string_view> given_;
  const EmbedOptions& options_;
  const Stopwatch watch_;

  CallChoices choices_;
  PreparedTexts texts_;
  Embeddings out_;
  std::vector<TextJob> jobs_;  ///< Not in the cache at the first look.
  std::optional<InFlightClaims> claims_;
  std::vector<TextJob*> led_;       ///< To be computed by this call,
  std::span<TextJob* const> left_;  ///< of these not yet computed,
  std::span<TextJob* const> part_;  ///< of these in call_.
  std::shared_ptr<EmbedCall> call_;
  size_t done_ = 0;  ///< Texts that need no work any more.
};

}  // namespace vetor
