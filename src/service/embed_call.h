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
/// to the scheduler; Deliver runs on workers.
class EmbedCall : public ScheduledCall {
 public:
  /// Room for [rows, record_size] floats; a delivered vector fills the first part of its record.
  EmbedCall(size_t rows, size_t record_size)
      : records_(rows * record_size), record_size_(record_size) {}

  /// Text for row `row`, already tokenized. The ids are copied.
  struct Tokens {
    std::span<const int64_t> ids;
    std::span<const int64_t> type_ids;
    uint32_t prompt_tokens = 0;
  };
  void AddTokens(size_t row, const Tokens& tokens);

  /// Text for a backend that reads text. Copied: a caller who gives up may free theirs.
  void AddText(size_t row, std::string_view text);

  /// Makes the views that workers read. No Add afterwards.
  void Seal();

  void Deliver(uint32_t index, std::span<const float> vector) override;

  /// The caller's row of text `index`, for messages.
  size_t row(uint32_t index) const { return items_[index].row; }

  /// Called after each delivery with the number delivered so far, until StopProgress returns.
  void StartProgress(std::function<void(size_t delivered)> progress);
  void StopProgress();

  /// [rows, record_size]. REQUIRES: no worker runs this call (not yet, or not any more).
  std::vector<float>& records() { return records_; }

 private:
  struct Item {
    size_t row = 0;
    size_t begin = 0;
    size_t end = 0;
    uint32_t prompt_tokens = 0;
    bool typed = false;
  };

  std::vector<float> records_;
  const size_t record_size_;
  std::vector<Item> items_;
  std::vector<int64_t> ids_;       // All texts' ids, one after the other.
  std::vector<int64_t> type_ids_;  // As long as ids_ once a text has types, else empty.
  std::string bytes_;              // All texts' bytes, for backends that read text.

  Mutex progress_mutex_;
  std::function<void(size_t)> progress_ VETOR_GUARDED_BY(progress_mutex_);
  size_t delivered_ VETOR_GUARDED_BY(progress_mutex_) = 0;
};

}  // namespace vetor
