#include "batching/fair_queue.h"

#include <algorithm>

namespace vetor {
namespace {

// Below this a batch loses speed (1.37 times from 16 to 512 tokens, 1.03 times from 128 to 512;
// docs/performance.md), so little work is not cut finer than this to feed every worker.
constexpr size_t kSmallestShare = 128;

// A text without tokens, such as those for hashing, still costs something.
uint32_t Cost(uint32_t tokens) { return std::max<uint32_t>(tokens, 1); }

}  // namespace

void FairQueue::Add(CallId id, std::span<const uint32_t> tokens) {
  Call& call = waiting_[id];
  call.tag = served_tag_;
  // Added in reverse order, because indices are taken from the back: texts of one length keep their
  // order.
  for (size_t i = tokens.size(); i-- > 0;) {
    call.by_length[tokens[i]].push_back(static_cast<uint32_t>(i));
    queued_tokens_ += Cost(tokens[i]);
  }
}

bool FairQueue::Filling::Fits(uint32_t more) const {
  if (rows.empty()) return true;
  if ((length == 0) != (more == 0) || rows.size() >= limits.max_rows) return false;
  return length == 0 || tokens + Cost(more) <= token_limit;
}

void FairQueue::FillFrom(CallId id, Filling* batch) {
  const auto waiting = waiting_.find(id);
  Call& call = waiting->second;
  auto bucket =
      batch->limits.equal_lengths ? call.by_length.find(batch->length) : call.by_length.begin();
  while (bucket != call.by_length.end() && batch->Fits(bucket->first)) {
    const uint32_t length = bucket->first;
    std::vector<uint32_t>& indices = bucket->second;
    while (!indices.empty() && batch->Fits(length)) {
      batch->rows.push_back({id, indices.back()});
      indices.pop_back();
      batch->tokens += Cost(length);
      call.tag += Cost(length);
      queued_tokens_ -= Cost(length);
    }
    if (!indices.empty()) break;
    bucket = call.by_length.erase(bucket);
    if (batch->limits.equal_lengths) break;
  }
  if (call.by_length.empty()) waiting_.erase(waiting);
}

std::vector<FairQueue::Row> FairQueue::TakeBatch(const BatchLimits& limits) {
  if (waiting_.empty()) return {};
  const auto next =
      std::min_element(waiting_.begin(), waiting_.end(),
                       [](const auto& a, const auto& b) { return a.second.tag < b.second.tag; });
  served_tag_ = next->second.tag;
  const size_t share = queued_tokens_ / std::max<size_t>(limits.workers, 1);
  Filling batch{.limits = limits,
                .token_limit = std::min(limits.max_tokens, std::max(share, kSmallestShare)),
                .length = next->second.by_length.begin()->first};
  // The calls are listed before the batch is filled, because filling may erase calls.
  std::vector<CallId> calls = {next->first};
  for (const auto& [id, call] : waiting_) {
    if (id == calls.front()) continue;
    if (!limits.equal_lengths || call.by_length.contains(batch.length)) calls.push_back(id);
  }
  for (const CallId id : calls) FillFrom(id, &batch);
  return std::move(batch.rows);
}

void FairQueue::Remove(CallId id) {
  const auto waiting = waiting_.find(id);
  if (waiting == waiting_.end()) return;
  for (const auto& [length, indices] : waiting->second.by_length) {
    queued_tokens_ -= Cost(length) * indices.size();
  }
  waiting_.erase(waiting);
}

}  // namespace vetor
