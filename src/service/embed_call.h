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
#include "cache/cache_key.h"
#include "vetor/embeddings_service.h"

namespace vetor {

/// Texts that a batch completed, of any calls: what goes into the cache after it.
struct FinishedTexts {
  size_t count = 0;            ///< Those included that no cache is to keep.
  std::vector<CacheKey> keys;  ///< Of those that it is to keep.
  std::vector<float> records;  ///< [keys.size(), record size]
  void Clear();
};

/// The texts of a call that must be computed. Filled by the caller's thread with Add*, then given
/// to the scheduler; Deliver runs on workers. What the scheduler knows as a text is one of ours, or
/// a window of one.
class EmbedCall : public ScheduledCall {
 public:
  /// A text's vector fills all but the last float of its record. `normalize`: the mean of a text's
  /// windows is scaled to length 1.
  struct Shape {
    size_t texts = 0;
    size_t record_size = 0;
    bool normalize = true;
  };
  explicit EmbedCall(const Shape& shape)
      : shape_(shape), records_(shape.texts * shape.record_size) {}

  /// [texts], in the order of Add*: under which the cache keeps them. Empty: it does not.
  std::vector<CacheKey> keys;

  /// Text for row `row`, already tokenized. The ids are copied.
  struct Tokens {
    std::span<const int64_t> ids;
    std::span<const int64_t> type_ids;
    uint32_t prompt_tokens = 0;
  };
  void AddTokens(size_t row, const Tokens& tokens);

  /// One text in several windows. Its vector is the mean of theirs, weighted by their tokens.
  void AddWindows(size_t row, std::span<const Tokens> windows);

  /// Text for a backend that reads text. Copied: a caller who gives up may free theirs.
  void AddText(size_t row, std::string_view text);

  /// Makes the views that workers read. No Add afterwards.
  void Seal();

  /// Takes the vector of what the scheduler knows as `index`, and notes in `finished` if its text
  /// is complete with it. Called by workers, once for each, for different ones at the same time.
  void Deliver(uint32_t index, std::span<const float> vector, FinishedTexts* finished);

  /// The caller's row of text `index`, for messages.
  size_t row(uint32_t index) const { return items_[index].row; }

  /// Called after each delivery with the number of texts delivered so far, until StopProgress
  /// returns. If it throws the call fails with what it threw.
  void StartProgress(std::function<void(size_t delivered)> progress);
  void StopProgress();

  /// Whether this thread is in a progress function now: a call made from there would compute in
  /// the buffers of the batch that is being delivered.
  static bool InProgressFunction();

  /// [texts, record_size]. REQUIRES: no worker runs this call (not yet, or not any more).
  std::vector<float>& records() { return records_; }

 private:
  struct Item {
    size_t row = 0;
    size_t begin = 0;
    size_t end = 0;
    uint32_t prompt_tokens = 0;
    bool typed = false;
    bool window = false;  ///< Its vector goes to windows_, not to records_.
    size_t place = 0;     ///< Of the vector: a record, or a vector of windows_.
    size_t joined = 0;    ///< Of a window: its text in joined_.
  };
  // A text in windows: items_[first_item ... + count), its record.
  struct Joined {
    size_t first_item = 0;
    size_t count = 0;
    size_t record = 0;
    size_t missing = 0;  ///< Windows not delivered. Guarded by mutex_ once workers run.
  };

  size_t dim() const { return shape_.record_size - 1; }
  Item MakeItem(size_t row, const Tokens& tokens);
  // Gives a text in windows its vector.
  void Join(const Joined& text);
  void ReportProgress() VETOR_REQUIRES(mutex_);

  const Shape shape_;
  std::vector<float> records_;
  std::vector<Item> items_;
  size_t text_count_ = 0;  // Added so far.
  std::vector<Joined> joined_;
  std::vector<float> windows_;     // [windows of all joined texts, dim()]
  std::vector<int64_t> ids_;       // All texts' ids, one after the other.
  std::vector<int64_t> type_ids_;  // As long as ids_ once a text has types, else empty.
  std::string bytes_;              // All texts' bytes, for backends that read text.

  Mutex mutex_;
  std::function<void(size_t)> progress_ VETOR_GUARDED_BY(mutex_);
  size_t delivered_ VETOR_GUARDED_BY(mutex_) = 0;
};

}  // namespace vetor
