// One call on its way through the service, each step of which goes as far as it can without
// waiting. Embed and EmbedAsync are two ways to wait between its steps:
//
//   EmbedFlow flow(parts, texts, options);
//   EmbedFlow::Next next = flow.LookUp();
//   while (next != EmbedFlow::Next::kDone) {
//     kClaim:   next = flow.Claim()
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

/// The parts of the service that a flow uses; the service owns them.
struct FlowParts {
  const Engine* engine = nullptr;
  const ServiceInfo* info = nullptr;
  const CacheKeyer* keyer = nullptr;
  VectorCache* cache = nullptr;  ///< Null if the cache is off.
  InFlight* in_flight = nullptr;
  MetricsRecorder* recorder = nullptr;
  OnLong on_long = OnLong::kTruncate;
  size_t batch_size = 1;
};

/// Used by one thread at a time. After an error the flow must be destroyed: this gives the texts
/// that it leads to other calls, and no progress function runs after that.
class EmbedFlow {
 public:
  enum class Next { kDone, kClaim, kCompute, kFollow };

  /// Borrows all arguments.
  EmbedFlow(const FlowParts& parts, std::span<const std::string_view> texts,
            const EmbedOptions& options)
      : parts_(parts), given_(texts), options_(options) {}
  ~EmbedFlow();
  EmbedFlow(const EmbedFlow&) = delete;
  EmbedFlow& operator=(const EmbedFlow&) = delete;

  /// The whole answer, if the cache has each text in memory. Else nothing: the flow has then
  /// changed nothing and counted nothing, and another one begins with LookUp. Never waits.
  std::optional<Embeddings> TakeFromMemory();

  /// Looks in the cache, and asks whether the other texts may be computed. Errors, from this and
  /// all other steps: those of Embed.
  Result<Next> LookUp();
  /// Claims the texts that are not in the cache and tokenizes the first part. `on_change` is that
  /// of InFlight::Claim.
  Result<Next> Claim(InFlight::OnChange on_change = {});
  Result<Next> Computed(const Status& outcome);
  Result<Next> Followed(std::vector<TextJob*> taken_over);

  CallLimits limits() const;
  const std::shared_ptr<EmbedCall>& call() const { return call_; }  ///< Null before kCompute.
  InFlightClaims& claims() { return *claims_; }                     ///< REQUIRES: kFollow.
  Embeddings Take() { return std::move(out_); }                     ///< REQUIRES: kDone.

 private:
  Status Prepare();
  void FindCached();
  Status Admit();
  Result<Next> Lead(std::vector<TextJob*> led);
  void TakeCached();
  Result<Next> TokenizePart();
  Next Finish();
  void FinishJob(TextJob* job, Record record);
  void Answer(size_t row, const Record& record, bool cached);
  bool caches() const { return parts_.cache != nullptr && options_.use_cache; }
  CacheLookUp Cache() const {
    return {caches() ? parts_.cache : nullptr, parts_.info->dim, &parts_.recorder->cache_find};
  }

  const FlowParts& parts_;
  const std::span<const std::string_view> given_;
  const EmbedOptions& options_;
  const Stopwatch watch_;

  CallChoices choices_;
  PreparedTexts texts_;
  Embeddings out_;
  std::vector<TextJob> jobs_;  ///< The texts that were not in the cache at the first look.
  std::optional<InFlightClaims> claims_;
  std::vector<TextJob*> led_;       ///< The jobs that this call computes,
  std::span<TextJob* const> left_;  ///< those of led_ that are not computed yet,
  std::span<TextJob* const> part_;  ///< those of left_ that are in call_.
  std::shared_ptr<EmbedCall> call_;
  size_t done_ = 0;  ///< Texts that need no more work.
};

}  // namespace vetor
