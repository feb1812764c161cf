#include "tokenizer/truncation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"

namespace vetor {
namespace {

template <typename T>
std::vector<T> Part(const std::vector<T>& whole, size_t begin, size_t end) {
  if (whole.empty()) return {};
  return std::vector<T>(whole.begin() + static_cast<ptrdiff_t>(begin),
                        whole.begin() + static_cast<ptrdiff_t>(end));
}

Encoding Window(const Encoding& whole, size_t begin, size_t end) {
  Encoding window;
  window.ids = Part(whole.ids, begin, end);
  window.type_ids = Part(whole.type_ids, begin, end);
  window.special_tokens_mask = Part(whole.special_tokens_mask, begin, end);
  window.offsets = Part(whole.offsets, begin, end);
  return window;
}

// Cuts `encoding` into windows of `length` tokens. The first stays, the others become its overflow.
Status CutIntoWindows(size_t length, const TruncationOptions& options, Encoding* encoding) {
  const size_t size = encoding->ids.size();
  if (length >= size) return Status();
  if (length == 0) {
    Encoding empty;
    empty.overflow.push_back(std::move(*encoding));
    *encoding = std::move(empty);
    return Status();
  }
  if (options.stride >= length) {
    return InvalidArgumentError(fmt::format(
        "stride is {}, but a window holds {} tokens beside the special ones; lower stride",
        options.stride, length));
  }
  const size_t step = length - options.stride;
  std::vector<Encoding> windows;
  if (options.keep_end) {
    for (size_t end = size;; end -= step) {
      const size_t begin = end > length ? end - length : 0;
      windows.push_back(Window(*encoding, begin, end));
      if (begin == 0) break;
    }
  } else {
    for (size_t begin = 0;; begin += step) {
      const size_t end = std::min(begin + length, size);
      windows.push_back(Window(*encoding, begin, end));
      if (end == size) break;
    }
  }
  *encoding = std::move(windows.front());
  encoding->overflow.assign(std::make_move_iterator(windows.begin() + 1),
                            std::make_move_iterator(windows.end()));
  return Status();
}

// How many tokens each of two texts keeps so that together they have `length`.
std::pair<size_t, size_t> LongestFirst(size_t first, size_t second, size_t length) {
  size_t shorter = std::min(first, second);
  size_t longer = shorter > length ? shorter : std::max(shorter, length - shorter);
  if (shorter + longer > length) {
    shorter = length / 2;
    longer = shorter + length % 2;
  }
  return first > second ? std::pair(longer, shorter) : std::pair(shorter, longer);
}

template <typename T>
void Append(const std::vector<T>& from, std::vector<T>* to) {
  to->insert(to->end(), from.begin(), from.end());
}

void AppendTokens(const Encoding& from, Encoding* to) {
  Append(from.ids, &to->ids);
  Append(from.type_ids, &to->type_ids);
  Append(from.special_tokens_mask, &to->special_tokens_mask);
  Append(from.offsets, &to->offsets);
}

Encoding Joined(const Encoding& left, const Encoding& right) {
  Encoding joined;
  AppendTokens(left, &joined);
  AppendTokens(right, &joined);
  return joined;
}

// Appends `right` to `left`: the tokens to the tokens, and the windows of each side to the other
// side and its windows.
void Merge(const Encoding& right, Encoding* left) {
  std::vector<Encoding> overflow;
  for (const Encoding& window : left->overflow) {
    overflow.push_back(Joined(window, right));
    for (const Encoding& other : right.overflow) overflow.push_back(Joined(window, other));
  }
  for (const Encoding& other : right.overflow) overflow.push_back(Joined(*left, other));
  AppendTokens(right, left);
  left->overflow = std::move(overflow);
}

void SetTypes(const TemplatePart& part, Encoding* encoding) {
  std::fill(encoding->type_ids.begin(), encoding->type_ids.end(), part.type_id);
  if (!part.types_windows) return;
  for (Encoding& window : encoding->overflow) SetTypes(part, &window);
}

Encoding Special(const TemplatePart& part, bool has_ranges) {
  Encoding special;
  special.ids = part.ids;
  special.type_ids.assign(part.ids.size(), part.type_id);
  special.special_tokens_mask.assign(part.ids.size(), 1);
  if (has_ranges) special.offsets.resize(part.ids.size());
  return special;
}

}  // namespace

Status CheckStride(const TruncationOptions& options, size_t added_to_single) {
  if (options.max_length < added_to_single) return Status();
  const size_t window = options.max_length - added_to_single;
  if (options.stride <= window) return Status();
  return InvalidArgumentError(fmt::format(
      "stride is {}, but a window holds {} tokens beside the special ones; lower stride",
      options.stride, window));
}

Status Truncate(const TruncationOptions& options, size_t added_tokens, EncodedTexts* texts) {
  if (options.max_length < added_tokens) {
    return InvalidArgumentError(
        fmt::format("max_length is {}, but the special tokens alone are {}; raise max_length",
                    options.max_length, added_tokens));
  }
  const size_t length = options.max_length - added_tokens;
  const size_t first_size = texts->first.ids.size();
  const size_t second_size = texts->second ? texts->second->ids.size() : 0;
  if (length == 0) {
    VETOR_RETURN_IF_ERROR(CutIntoWindows(0, options, &texts->first));
    return texts->second ? CutIntoWindows(0, options, &*texts->second) : Status();
  }
  if (first_size + second_size <= length) return Status();
  if (options.strategy == TruncationStrategy::kLongestFirst) {
    if (!texts->second) return CutIntoWindows(length, options, &texts->first);
    const auto [first, second] = LongestFirst(first_size, second_size, length);
    VETOR_RETURN_IF_ERROR(CutIntoWindows(first, options, &texts->first));
    return CutIntoWindows(second, options, &*texts->second);
  }
  const bool cut_first = options.strategy == TruncationStrategy::kOnlyFirst;
  if (!cut_first && !texts->second) {
    return InvalidArgumentError("only_second truncates the second text, but there is none");
  }
  const size_t excess = first_size + second_size - length;
  Encoding* target = cut_first ? &texts->first : &*texts->second;
  if (target->ids.size() <= excess) {
    return InvalidArgumentError(fmt::format(
        "the {} text has {} tokens and would have to lose {} for a max_length of {}",
        cut_first ? "first" : "second", target->ids.size(), excess, options.max_length));
  }
  return CutIntoWindows(target->ids.size() - excess, options, target);
}

Encoding ApplyTemplate(const std::vector<TemplatePart>& parts, bool add_special_tokens,
                       bool has_ranges, const EncodedTexts& texts) {
  Encoding result;
  for (const TemplatePart& part : parts) {
    if (part.kind == TemplatePart::Kind::kSpecial) {
      if (add_special_tokens) Merge(Special(part, has_ranges), &result);
      continue;
    }
    Encoding sequence = part.kind == TemplatePart::Kind::kFirst ? texts.first : *texts.second;
    SetTypes(part, &sequence);
    Merge(sequence, &result);
  }
  return result;
}

}  // namespace vetor
