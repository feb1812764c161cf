#include "service/embed_call.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/exceptions.h"

namespace vetor {
namespace {

constexpr double kNormEpsilon = 1e-12;  // As in pooling.

thread_local bool in_progress_function = false;

// True while it lives.
class Raised {
 public:
  explicit Raised(bool* flag) : flag_(flag) { *flag_ = true; }
  ~Raised() { *flag_ = false; }
  Raised(const Raised&) = delete;
  Raised& operator=(const Raised&) = delete;

 private:
  bool* flag_;
};

}  // namespace

void FinishedTexts::Clear() {
  count = 0;
  keys.clear();
  records.clear();
}

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
  joined_.push_back({.first_item = items_.size(),
                     .count = windows.size(),
                     .record = text_count_++,
                     .missing = windows.size()});
  for (const Tokens& tokens : windows) {
    Item item = MakeItem(row, tokens);
    item.window = true;
    item.joined = joined_.size() - 1;
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

void EmbedCall::Deliver(uint32_t index, std::span<const float> vector, FinishedTexts* finished) {
  const Item& item = items_[index];
  float* place = item.window ? windows_.data() + item.place * dim()
                             : records_.data() + item.place * shape_.record_size;
  std::copy(vector.begin(), vector.end(), place);
  size_t record = item.place;
  {
    const MutexLock lock(&mutex_);
    ++delivered_;
    ReportProgress();
    if (item.window) {
      Joined& text = joined_[item.joined];
      if (--text.missing > 0) return;
      Join(text);
      record = text.record;
    }
  }
  ++finished->count;
  if (keys.empty()) return;
  finished->keys.push_back(keys[record]);
  const auto begin = records_.begin() + static_cast<std::ptrdiff_t>(record * shape_.record_size);
  finished->records.insert(finished->records.end(), begin,
                           begin + static_cast<std::ptrdiff_t>(shape_.record_size));
}

void EmbedCall::Join(const Joined& text) {
  std::vector<double> mean(dim(), 0);
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
  const double divisor = shape_.normalize ? std::max(std::sqrt(square), kNormEpsilon) : 1.0;
  float* record = records_.data() + text.record * shape_.record_size;
  for (size_t c = 0; c < dim(); ++c) record[c] = static_cast<float>(mean[c] / divisor);
}

void EmbedCall::ReportProgress() {
  if (!progress_) return;
  const Raised raised(&in_progress_function);
  try {
    progress_(delivered_ * text_count_ / items_.size());
  } catch (...) {
    const Status status = CurrentExceptionStatus();
    progress_ = nullptr;
    Fail(status.WithContext("the call's progress function"));
  }
}

bool EmbedCall::InProgressFunction() { return in_progress_function; }

void EmbedCall::StartProgress(std::function<void(size_t)> progress) {
  const MutexLock lock(&mutex_);
  progress_ = std::move(progress);
}

void EmbedCall::StopProgress() {
  const MutexLock lock(&mutex_);
  progress_ = nullptr;
}

}  // namespace vetor
