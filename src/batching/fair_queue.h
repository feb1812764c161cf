// Which texts run together next: the whole batching policy, pure and without threads.
//
// Calls share the workers by start-time fair queuing (Goyal, Vin, Cheng 1996): a call's tag grows
// by the tokens it was given, a new call begins at the tag served last, and the smallest tag is
// served next. So one short text does not wait behind a million others, and no call starves.
//
// Within a call the longest texts go first, so that the last batches are short and the workers end
// together. A batch is filled from the chosen call and then from any other call that has texts of
// that length: a text's vector does not depend on its batch mates, so mixing calls is invisible.
//
// A text without tokens never shares a batch with one that has tokens: together they are not a
// rectangle, and for the former nothing has to run. Such texts (all texts of hashing) are counted
// in rows only: n texts of one call make n / max_rows batches, rounded up, whatever the number of
// workers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <vector>

namespace vetor {

struct BatchLimits {
  size_t max_rows = 32;
  size_t max_tokens = 512;    ///< A longer text still runs, in a batch of its own.
  bool equal_lengths = true;  ///< Only texts with the same number of tokens share a batch.
  size_t workers = 1;         ///< Little work is spread over them instead of filling one batch.
};

/// Not thread-safe: the scheduler guards it.
class FairQueue {
 public:
  using CallId = uint64_t;
  struct Row {
    CallId call = 0;
    uint32_t index = 0;  ///< The text's place in its call.
    bool operator==(const Row&) const = default;
  };

  /// `tokens[i]` is the length of text i (one without tokens costs as much as 1). REQUIRES: `call`
  /// is new and `tokens` not empty.
  void Add(CallId call, std::span<const uint32_t> tokens);

  /// Takes out the next batch, which is empty only if the queue is.
  std::vector<Row> TakeBatch(const BatchLimits& limits);

  /// Forgets the texts of `call` that still wait; unknown calls are ignored.
  void Remove(CallId call);

  bool empty() const { return waiting_.empty(); }
  size_t queued_tokens() const { return queued_tokens_; }

 private:
  struct Call {
    double tag = 0;  ///< Start tag plus tokens served.
    /// Length to indices (taken from the back), longest first.
    std::map<uint32_t, std::vector<uint32_t>, std::greater<>> by_length;
  };

  /// The batch that is being filled.
  struct Filling {
    const BatchLimits& limits;
    size_t token_limit;
    uint32_t length;  ///< Of the longest text, which comes first: the only one with equal_lengths.
    size_t tokens = 0;
    std::vector<Row> rows;

    bool Fits(uint32_t more) const;
  };

  void FillFrom(CallId id, Filling* batch);

  std::map<CallId, Call> waiting_;  ///< Ordered: equal tags are served in order of arrival.
  double served_tag_ = 0;
  size_t queued_tokens_ = 0;
};

}  // namespace vetor
