#include "service/embed_call.h"

#include <algorithm>
#include <utility>

namespace vetor {

void EmbedCall::AddTokens(size_t row, const Tokens& tokens) {
  const size_t begin = ids_.size();
  ids_.insert(ids_.end(), tokens.ids.begin(), tokens.ids.end());
  if (!tokens.type_ids.empty()) {
    type_ids_.resize(begin, 0);
    type_ids_.insert(type_ids_.end(), tokens.type_ids.begin(), tokens.type_ids.end());
  }
  items_.push_back({row, begin, ids_.size(), tokens.prompt_tokens, !tokens.type_ids.empty()});
}

void EmbedCall::AddText(size_t row, std::string_view text) {
  const size_t begin = bytes_.size();
  bytes_.append(text);
  items_.push_back({.row = row, .begin = begin, .end = bytes_.size()});
}

void EmbedCall::Seal() {
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

void EmbedCall::Deliver(uint32_t index, std::span<const float> vector) {
  std::copy(vector.begin(), vector.end(),
            records_.begin() + static_cast<std::ptrdiff_t>(index * record_size_));
  const MutexLock lock(&progress_mutex_);
  ++delivered_;
  if (progress_) progress_(delivered_);
}

void EmbedCall::StartProgress(std::function<void(size_t)> progress) {
  const MutexLock lock(&progress_mutex_);
  progress_ = std::move(progress);
}

void EmbedCall::StopProgress() {
  const MutexLock lock(&progress_mutex_);
  progress_ = nullptr;
}

}  // namespace vetor
