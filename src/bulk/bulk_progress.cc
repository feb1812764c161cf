#include "bulk/bulk_progress.h"

#include <algorithm>

namespace vetor {

void BulkProgress::Embedding(const WorkBlock& block, size_t done) {
  const MutexLock lock(&mutex_);
  const double share =
      static_cast<double>(done) / static_cast<double>(std::max<size_t>(1, block.rows.rows.size()));
  under_way_[block.sequence] = {done, share * static_cast<double>(block.input_bytes)};
  Report();
}

void BulkProgress::Embedded(const WorkBlock& block) {
  const MutexLock lock(&mutex_);
  under_way_.erase(block.sequence);
  texts_ += block.rows.rows.size();
  done_bytes_ += static_cast<double>(block.input_bytes);
  Report();
}

void BulkProgress::PassedOver(uint64_t bytes) {
  const MutexLock lock(&mutex_);
  bytes_ -= std::min(bytes_, bytes);
}

void BulkProgress::InputDone() {
  const MutexLock lock(&mutex_);
  ++state_.inputs_done;
  Report();
}

uint64_t BulkProgress::texts() const {
  const MutexLock lock(&mutex_);
  return texts_;
}

void BulkProgress::Report() {
  if (!report_) return;
  state_.texts = texts_;
  double bytes = done_bytes_;
  for (const auto& [sequence, part] : under_way_) {
    state_.texts += part.texts;
    bytes += part.bytes;
  }
  state_.fraction = bytes_ == 0 ? 1 : std::min(1.0, bytes / static_cast<double>(bytes_));
  report_(state_);
}

}  // namespace vetor
