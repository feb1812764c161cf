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
#include "vetor/embeddings_service.h"

namespace vetor {

/// The texts of a call that must be computed. Filled by the caller's thread with Add*, then given
/// to the scheduler; Deliver runs on workers. What the scheduler knows as a text is one of ours, or
/// a window of one.
class EmbedCall : public ScheduledCall {
 public:
  /// Room for [texts, record_size] floats; a text's vector fills all but the last of its record.
  EmbedCall(size_t text_count, size_t record_size)
      : records_(text_count * record_size), record_size_(record_size) {}

  /// Text for row `row`, already tokenized. The ids are copied.
  struct Tokens {
    std::span<const int64_t> ids;
    std::span<const int64_t> type_ids;
    uint32_t prompt_tokens = 0;
  };
  void AddTokens(size_t row, const Tokens& tokens);

  /// One text in several windows. Its vector appears with JoinWindows.
  void AddWindows(size_t row, std::span<const Tokens> windows);

  /// Text for a backend that reads text. Copied: a caller who gives up may free theirs.
  void AddText(size_t row, std::string_view text);

  /// Makes the views that workers read. No Add afterwards.
  void Seal();

  void Deliver(uint32_t index, std::span<const float> vector) override;

  /// The caller's row of text `index`, for messages.
  size_t row(uint32_t index) const { return items_[index].row; }

  /// Called after each delivery with the number of texts delivered so far, until StopProgress
  /// returns.
  void StartProgress(std::function<void(size_t delivered)> progress);
  void StopProgress();

  /// Gives each text in windows its vector: the mean of theirs, weighted by their tokens, scaled to
  /// length 1 if `normalize`. REQUIRES: as records().
  void JoinWindows(bool normalize);

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
  };
  // A text in windows: items_[first_item ... + count), its record.
  struct Joined {
    size_t first_item = 0;
    size_t count = 0;
    size_t record = 0;
  };

  size_t dim() const { return record_size_ - 1; }
  Item MakeItem(size_t row, const Tokens& tokens);

  std::vector<float> records_;
  const size_t record_size_;
  std::vector<Item> items_;
  size_t text_count_ = 0;  // Added so far.
  std::vector<Joined> joined_;
  std::vector<float> windows_;     // [windows of all joined texts, dim()]
  std::vector<int64_t> ids_;       // All texts' ids, one after the other.
  std::vector<int64_t> type_ids_;  // As long as ids_ once a text has types, else empty.
  std::string bytes_;              // All texts' bytes, for backends that read text.

  Mutex progress_mutex_;
  std::function<void(size_t)> progress_ VETOR_GUARDED_BY(progress_mutex_);
  size_t delivered_ VETOR_GUARDED_BY(progress_mutex_) = 0;
};

}  // namespace vetor
