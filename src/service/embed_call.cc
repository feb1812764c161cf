#include "service/embed_call.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace vetor {
namespace {

constexpr double kNormEpsilon = 1e-12;  // As in pooling.

}  // namespace

EmbedCall::Item EmbedCall::MakeItem(size_t row, const Tokens& tokens) {
  const size_t begin = ids_.size();
  ids_.insert(ids_.end(), tokens.ids.begin(), tokens.ids.end());
  if (!tokens.type_ids.empty()) {
    type_ids_.resize(begin, 0);
    type_ids_.insert(type_ids_.end(), tokens.type_ids.begin(), tokens.type_ids.end());
  }
  return {.row = row,
          .begin = begin,
          .end = ids_.size(),
          .prompt_tokens = tokens.prompt_tokens,
          .typed = !tokens.type_ids.empty()};
}

void EmbedCall::AddTokens(size_t row, const Tokens& tokens) {
  Item item = MakeItem(row, tokens);
  item.place = text_count_++;
  items_.push_back(item);
}

void EmbedCall::AddWindows(size_t row, std::span<const Tokens> windows) {
  joined_.push_back(
      {.first_item = items_.size(), .count = windows.size(), .record = text_count_++});
  for (const Tokens& tokens : windows) {
    Item item = MakeItem(row, tokens);
    item.window = true;
    item.place = windows_.size() / dim();
    windows_.resize(windows_.size() + dim());
    items_.push_back(item);
  }
}

void EmbedCall::AddText(size_t row, std::string_view text) {
  const size_t begin = bytes_.size();
  bytes_.append(text);
  items_.push_back({.row = row, .begin = begin, .end = bytes_.size(), .place = text_count_++});
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
  const Item& item = items_[index];
  float* place = item.window ? windows_.data() + item.place * dim()
                             : records_.data() + item.place * record_size_;
  std::copy(vector.begin(), vector.end(), place);
  const MutexLock lock(&progress_mutex_);
  ++delivered_;
  if (progress_) progress_(delivered_ * text_count_ / items_.size());
}

void EmbedCall::JoinWindows(bool normalize) {
  std::vector<double> mean;
  for (const Joined& text : joined_) {
    mean.assign(dim(), 0);
    double tokens = 0;
    for (size_t i = text.first_item; i < text.first_item + text.count; ++i) {
      const auto weight = static_cast<double>(items_[i].end - items_[i].begin);
      const float* vector = windows_.data() + items_[i].place * dim();
      for (size_t c = 0; c < dim(); ++c) mean[c] += weight * static_cast<double>(vector[c]);
      tokens += weight;
    }
    double square = 0;
    for (double& component : mean) {
      component /= tokens;
      square += component * component;
    }
    const double divisor = normalize ? std::max(std::sqrt(square), kNormEpsilon) : 1.0;
    float* record = records_.data() + text.record * record_size_;
    for (size_t c = 0; c < dim(); ++c) record[c] = static_cast<float>(mean[c] / divisor);
  }
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
