#include "cache/record.h"

#include <algorithm>

namespace vetor {

Record CopyRecord(const Record& record) {
  const auto bytes =
      std::make_shared<std::vector<uint8_t>>(record.payload.begin(), record.payload.end());
  return {.info = record.info, .payload = {.bytes = *bytes, .owner = bytes}};
}

void RecordList::Reset(size_t count) {
  places_.assign(count, Place());
  missing_ = count;
  bytes_.clear();
}

void RecordList::Set(size_t i, const Record& record) {
  Place& place = places_[i];
  const size_t size = record.payload.size();
  if (place.begin != kMissing && size <= place.size) {
    std::copy(record.payload.begin(), record.payload.end(),
              bytes_.begin() + static_cast<std::ptrdiff_t>(place.begin));
  } else {
    // Usually all payloads have the same size.
    if (bytes_.empty()) bytes_.reserve(places_.size() * size);
    const size_t begin = bytes_.size();
    bytes_.insert(bytes_.end(), record.payload.begin(), record.payload.end());
    if (place.begin == kMissing) --missing_;
    place.begin = begin;
  }
  place.size = static_cast<uint32_t>(size);
  place.info = record.info;
  place.tier = source_;
}

void RecordList::MakeRoom(size_t payload_bytes) {
  if (places_.size() == places_.capacity()) places_.reserve(2 * places_.size() + 1);
  const size_t needed = bytes_.size() + payload_bytes;
  if (needed > bytes_.capacity()) bytes_.reserve(std::max(needed, 2 * bytes_.capacity()));
}

void RecordList::Add(const Record& record) {
  MakeRoom(record.payload.size());
  const size_t begin = bytes_.size();
  bytes_.insert(bytes_.end(), record.payload.begin(), record.payload.end());
  places_.push_back({.info = record.info,
                     .begin = begin,
                     .size = static_cast<uint32_t>(record.payload.size()),
                     .tier = source_});
}

Record RecordList::operator[](size_t i) const {
  const Place& place = places_[i];
  return {
      .info = place.info,
      .payload = {.bytes = std::span(bytes_).subspan(place.begin, place.size), .owner = nullptr}};
}

}  // namespace vetor
