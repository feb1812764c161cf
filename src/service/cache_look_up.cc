#include "service/cache_look_up.h"

#include "head/dense_payload.h"

namespace vetor {

void CacheLookUp::Find(std::span<const CacheKey> keys) {
  if (cache_ == nullptr) return;
  const Stopwatch watch;
  found_.Reset(keys.size());
  cache_->Find(keys, &found_);
  time_->AddMs(watch.ms());
}

bool CacheLookUp::FindInMemory(std::span<const CacheKey> keys) {
  if (cache_ == nullptr) return false;
  const Stopwatch watch;
  if (!cache_->FindInMemory(keys, &found_)) return false;
  time_->AddMs(watch.ms());
  return true;
}

std::optional<Record> CacheLookUp::Found(size_t i) const {
  if (cache_ == nullptr || !found_.Has(i)) return std::nullopt;
  const Record record = found_[i];
  return IsDense(record.payload.bytes, dim_) ? std::optional(record) : std::nullopt;
}

}  // namespace vetor
