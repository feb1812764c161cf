// The storage of one Embed call, which the workers read and write while the caller waits, and
// possibly after the caller has left.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/thread_annotations.h"
#include "batching/scheduler.h"
#include "cache/record.h"
#include "head/dense_payload.h"
#include "service/in_flight.h"
#include "vetor/embeddings_service.h"

namespace vetor {

/// The texts that a batch completed, of any calls; they go into the cache after the batch.
struct FinishedTexts {
  size_t count = 0;             ///< Includes the texts that the cache is not to keep.
  std::vector<CacheKey> keys;   ///< Keys of the texts that it is to keep.
  std::vector<Record> records;  ///< [keys.size()]; the calls own their payloads.
  void Clear();
};

/// The texts of a call that must be computed. Filled by the caller's thread with Add*, then given
/// to the scheduler; Deliver runs on workers. A text of the scheduler is a text of the call, or one
/// window of such a text.
class EmbedCall : public ScheduledCall {
 public:
  /// Joins the payloads of a text's windows into one payload, with its owner.
  using JoinWindows = std::function<Payload(std::span<const WindowPart> windows)>;
  /// `keep` says that the cache is to keep the texts under the keys of their jobs.
  EmbedCall(JoinWindows join, bool keep) : join_(std::move(join)), keep_(keep) {}

  /// The text of a job, already tokenized. AddTokens copies the ids and the job's row and key.
  struct Tokens {
    std::span<const int64_t> ids;
    std::span<const int64_t> type_ids;
    uint32_t prompt_tokens = 0;
  };
  void AddTokens(const TextJob& job, const TextInfo& info, const Tokens& tokens);

  /// Adds one text in several windows.
  void AddWindows(const TextJob& job, const TextInfo& info, std::span<const Tokens> windows);

  /// Adds a text for a backend that reads text. The text is copied, because a caller that gives up
  /// may free its own.
  void AddText(const TextJob& job, std::string_view text);

  /// Makes the views that the workers read. No Add may follow.
  void Seal();

  /// Notes that a batch with a text of the call began. Only the first one counts. Workers call it.
  void NoteStart(std::chrono::steady_clock::time_point now);
  /// Adds the times from Seal to the first batch, and from there until now. REQUIRES: Seal.
  void AddTimesTo(CallTimes* times) const;

  /// Takes the payload, with its owner, of the scheduler's text `index`, and notes in `finished` if
  /// this completes a text of the call. Workers call it once per index, and at the same time for
  /// different ones.
  void Deliver(uint32_t index, const Payload& part, FinishedTexts* finished);

  /// The caller's row of the scheduler's text `index`, for messages.
  size_t row(uint32_t index) const { return jobs_[items_[index].text].row; }

  /// `progress` is called after each delivery with the number of texts delivered so far, until
  /// StopProgress returns. If it throws, the call fails with that exception's message.
  void StartProgress(std::function<void(size_t delivered)> progress);
  void StopProgress();

  /// [texts], in the order of Add*, with their records. REQUIRES: the scheduler's Run returned OK.
  std::vector<TextJob>& jobs() { return jobs_; }

 private:
  static constexpr size_t kWhole = SIZE_MAX;
  struct Item {
    size_t text = 0;  ///< Its place in jobs_.
    size_t begin = 0;
    size_t end = 0;
    uint32_t prompt_tokens = 0;
    bool typed = false;
    size_t joined = kWhole;  ///< For a window: the place of its text in joined_.
  };
  // A text in windows: items_[first_item ... + parts.size()).
  struct Joined {
    size_t first_item = 0;
    std::vector<Payload> parts;  ///< The payload of each window.
    size_t missing = 0;          ///< Windows not delivered. Guarded by mutex_ once workers run.
  };

  Item MakeItem(const Tokens& tokens);
  void AddJob(const TextJob& job, const TextInfo& info);
  // Makes the payload of a text in windows.
  Payload Join(const Joined& text) const;
  void ReportProgress() VETOR_REQUIRES(mutex_);

  const JoinWindows join_;
  const bool keep_;
  std::vector<TextJob> jobs_;
  std::vector<Item> items_;
  std::vector<Joined> joined_;
  std::vector<int64_t> ids_;       // All texts' ids, one after the other.
  std::vector<int64_t> type_ids_;  // As long as ids_ once a text has types, else empty.
  std::string bytes_;              // All texts' bytes, for backends that read text.
  std::chrono::steady_clock::time_point sealed_at_;
  // When the first batch began, as a count of the clock's ticks; 0: none has.
  std::atomic<std::chrono::steady_clock::rep> started_at_{0};

  Mutex mutex_;
  std::function<void(size_t)> progress_ VETOR_GUARDED_BY(mutex_);
  size_t delivered_ VETOR_GUARDED_BY(mutex_) = 0;
};

}  // namespace vetor
