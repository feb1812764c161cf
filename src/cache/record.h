// A record: bytes, and what is known of their text. Cache, disk and the table of texts in flight
// move records; only the head that made a payload knows what it means.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/payload.h"
#include "vetor/embeddings_service.h"

namespace vetor {

/// Payloads of different texts may differ in size; each has less than 4 GiB.
struct Record {
  TextInfo info;
  Payload payload;
};

/// Returns a copy with a payload of its own.
Record CopyRecord(const Record& record);

/// A list of records, some of which may be missing, with their payloads in one buffer.
class RecordList {
 public:
  RecordList() = default;
  explicit RecordList(size_t count) { Reset(count); }

  /// Makes a list of `count` missing records. Keeps the allocated memory.
  void Reset(size_t count);
  /// Records that are set from now on count as found in this tier of the cache; tiers are numbered
  /// from 1.
  void ComeFrom(uint8_t tier) { source_ = tier; }
  /// Copies `record` to place `i`, replacing.
  void Set(size_t i, const Record& record);
  /// Copies `record` to a new place at the end.
  void Add(const Record& record);
  /// Makes room for one more record, so that its Add cannot fail.
  void MakeRoom(size_t payload_bytes);

  size_t size() const { return places_.size(); }
  bool Has(size_t i) const { return places_[i].begin != kMissing; }
  /// 0 for a record that is missing.
  uint8_t tier(size_t i) const { return places_[i].tier; }
  size_t missing() const { return missing_; }
  /// Valid until the next change of the list. REQUIRES: Has(i).
  Record operator[](size_t i) const;
  /// Bytes of payloads, including payloads that were replaced.
  size_t payload_bytes() const { return bytes_.size(); }

 private:
  static constexpr size_t kMissing = SIZE_MAX;
  struct Place {
    TextInfo info;
    size_t begin = kMissing;
    uint32_t size = 0;
    uint8_t tier = 0;
  };

  std::vector<Place> places_;
  size_t missing_ = 0;
  uint8_t source_ = 1;
  std::vector<uint8_t> bytes_;
};

}  // namespace vetor
