#include "service/embed_call.h"

#include <utility>

#include "base/exceptions.h"
#include "service/user_function.h"

namespace vetor {
void FinishedTexts::Clear() {
  count = 0;
  keys.clear();
  records.clear();
}

void EmbedCall::AddJob(const TextJob& job, const TextInfo& info) {
  jobs_.push_back({.row = job.row, .key = job.key, .record = {.info = info}});
}

EmbedCall::Item EmbedCall::MakeItem(const Tokens& tokens) {
  const size_t begin = ids_.size();
  ids_.insert(ids_.end(), tokens.ids.begin(), tokens.ids.end());
  if (!tokens.type_ids.empty()) {
    type_ids_.resize(begin, 0);
    type_ids_.insert(type_ids_.end(), tokens.type_ids.begin(), tokens.type_ids.end());
  }
  return {.text = jobs_.size() - 1,
          .begin = begin,
          .end = ids_.size(),
          .prompt_tokens = tokens.prompt_tokens,
          .typed = !tokens.type_ids.empty()};
}

void EmbedCall::AddTokens(const TextJob& job, const TextInfo& info, const Tokens& tokens) {
  AddJob(job, info);
  items_.push_back(MakeItem(tokens));
}

void EmbedCall::AddWindows(const TextJob& job, const TextInfo& info,
                           std::span<const Tokens> windows) {
  AddJob(job, info);
  joined_.push_back({.first_item = items_.size(),
                     .parts = std::vector<Payload>(windows.size()),
                     .missing = windows.size()});
  for (const Tokens& tokens : windows) {
    Item item = MakeItem(tokens);
    item.joined = joined_.size() - 1;
    items_.push_back(item);
  }
}

void EmbedCall::AddText(const TextJob& job, std::string_view text) {
  AddJob(job, {});
  const size_t begin = bytes_.size();
  bytes_.append(text);
  items_.push_back({.text = jobs_.size() - 1, .begin = begin, .end = bytes_.size()});
}

void EmbedCall::Seal() {
  sealed_at_ = std::chrono::steady_clock::now();
  texts.reserve(items_.size());
  for (const Item& item : items_) {
    ScheduledText text{.prompt_tokens = item.prompt_tokens};
    const size_t length = item.end - item.begin;
    if (ids_.empty()) {
      text.text = std::string_view(bytes_).substr(item.begin, length);
    } else {
      text.token_ids = std::span(ids_).subspan(item.begin, length);
      if (item.typed) text.token_type_ids = std::span(type_ids_).subspan(item.begin, length);
    }
    texts.push_back(text);
  }
}

void EmbedCall::NoteStart(std::chrono::steady_clock::time_point now) {
  std::chrono::steady_clock::rep none = 0;
  // Most texts of a call come after its first; they only read.
  if (started_at_.load(std::memory_order_relaxed) != 0) return;
  started_at_.compare_exchange_strong(none, now.time_since_epoch().count(),
                                      std::memory_order_relaxed);
}

void EmbedCall::AddTimesTo(CallTimes* times) const {
  using Clock = std::chrono::steady_clock;
  using Ms = std::chrono::duration<double, std::milli>;
  const Clock::rep ticks = started_at_.load(std::memory_order_relaxed);
  const Clock::time_point now = Clock::now();
  const Clock::time_point started = ticks == 0 ? now : Clock::time_point(Clock::duration(ticks));
  times->queue_ms += Ms(started - sealed_at_).count();
  times->compute_ms += Ms(now - started).count();
}

void EmbedCall::Deliver(uint32_t index, const Payload& part, FinishedTexts* finished) {
  const Item& item = items_[index];
  const bool window = item.joined != kWhole;
  TextJob& job = jobs_[item.text];
  if (window) {
    joined_[item.joined].parts[index - joined_[item.joined].first_item] = part;
  } else {
    job.record.payload = part;
  }
  {
    const MutexLock lock(&mutex_);
    ++delivered_;
    ReportProgress();
    if (window) {
      Joined& text = joined_[item.joined];
      if (--text.missing > 0) return;
      job.record.payload = Join(text);
    }
  }
  ++finished->count;
  if (!keep_) return;
  finished->keys.push_back(job.key);
  finished->records.push_back(
      {.info = job.record.info, .payload = {.bytes = job.record.payload.bytes, .owner = nullptr}});
}

Payload EmbedCall::Join(const Joined& text) const {
  std::vector<WindowPart> windows;
  windows.reserve(text.parts.size());
  for (size_t i = 0; i < text.parts.size(); ++i) {
    const Item& item = items_[text.first_item + i];
    windows.push_back({.payload = text.parts[i].bytes, .tokens = item.end - item.begin});
  }
  return join_(windows);
}

void EmbedCall::ReportProgress() {
  if (!progress_) return;
  const UserFunction running(UserFunction::Kind::kProgress);
  try {
    progress_(delivered_ * jobs_.size() / items_.size());
  } catch (...) {
    const Status status = CurrentExceptionStatus();
    progress_ = nullptr;
    Fail(status.WithContext("the call's progress function"));
  }
}

void EmbedCall::StartProgress(std::function<void(size_t)> progress) {
  const MutexLock lock(&mutex_);
  progress_ = std::move(progress);
}

void EmbedCall::StopProgress() {
  const MutexLock lock(&mutex_);
  progress_ = nullptr;
}

}  // namespace vetor
