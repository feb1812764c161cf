// One Embed call's storage: what the workers read and write while, and possibly after, the caller
// waits.
#pragma once

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

/// Texts that a batch completed, of any calls: what goes into the cache after it.
struct FinishedTexts {
  size_t count = 0;             ///< Those included that no cache is to keep.
  std::vector<CacheKey> keys;   ///< Of those that it is to keep.
  std::vector<Record> records;  ///< [keys.size()]; the calls own their payloads.
  void Clear();
};

/// The texts of a call that must be computed. Filled by the caller's thread with Add*, then given
/// to the scheduler; Deliver runs on workers. What the scheduler knows as a text is one of ours, or
/// a window of one.
class EmbedCall : public ScheduledCall {
 public:
  /// Makes a text's payload of its windows' and gives it to the record, with its owner.
  using JoinWindows = std::function<Payload(std::span<const WindowPart> windows)>;
  /// `keep`: the cache is to keep the texts under the keys of their jobs.
  EmbedCall(JoinWindows join, bool keep) : join_(std::move(join)), keep_(keep) {}

  /// The text of a job, already tokenized. The ids are copied, the job's row and key too.
  struct Tokens {
    std::span<const int64_t> ids;
    std::span<const int64_t> type_ids;
    uint32_t prompt_tokens = 0;
  };
  void AddTokens(const TextJob& job, const TextInfo& info, const Tokens& tokens);

  /// One text in several windows.
  void AddWindows(const TextJob& job, const TextInfo& info, std::span<const Tokens> windows);

  /// Text for a backend that reads text. Copied: a caller who gives up may free theirs.
  void AddText(const TextJob& job, std::string_view text);

  /// Makes the views that workers read. No Add afterwards.
  void Seal();

  /// Takes payload and owner of what the scheduler knows as `index`, and notes in `finished` if its
  /// text is complete with it. Called by workers, once for each, for different ones at the same
  /// time.
  void Deliver(uint32_t index, const Payload& part, FinishedTexts* finished);

  /// The caller's row of what the scheduler knows as `index`, for messages.
  size_t row(uint32_t index) const { return jobs_[items_[index].text].row; }

  /// Called after each delivery with the number of texts delivered so far, until StopProgress
  /// returns. If it throws the call fails with what it threw.
  void StartProgress(std::function<void(size_t delivered)> progress);
  void StopProgress();

  /// [texts], in the order of Add*, with their records. REQUIRES: the scheduler's Run returned OK.
  std::vector<TextJob>& jobs() { return jobs_; }

 private:
  static constexpr size_t kWhole = SIZE_MAX;
  struct Item {
    size_t text = 0;  ///< In jobs_.
    size_t begin = 0;
    size_t end = 0;
    uint32_t prompt_tokens = 0;
    bool typed = false;
    size_t joined = kWhole;  ///< Of a window: its text in joined_.
  };
  // A text in windows: items_[first_item ... + parts.size()).
  struct Joined {
    size_t first_item = 0;
    std::vector<Payload> parts;  ///< What each window gave.
    size_t missing = 0;          ///< Windows not delivered. Guarded by mutex_ once workers run.
  };

  Item MakeItem(const Tokens& tokens);
  void AddJob(const TextJob& job, const TextInfo& info);
  // Gives a text in windows its payload.
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

  Mutex mutex_;
  std::function<void(size_t)> progress_ VETOR_GUARDED_BY(mutex_);
  size_t delivered_ VETOR_GUARDED_BY(mutex_) = 0;
};

}  // namespace vetor
