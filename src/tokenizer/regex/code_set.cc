#include "tokenizer/regex/code_set.h"

#include <algorithm>
#include <iterator>

namespace vetor::regex {

namespace {

bool IsBefore(const CodeSet::Range& a, const CodeSet::Range& b) { return a.first < b.first; }

}  // namespace

CodeSet::CodeSet(std::vector<Range> ranges) : ranges_(std::move(ranges)) {
  std::sort(ranges_.begin(), ranges_.end(), IsBefore);
  Join();
}

// Joins ranges that touch.
void CodeSet::Join() {
  size_t size = 0;
  for (const Range range : ranges_) {
    if (size > 0 && range.first <= ranges_[size - 1].last + 1) {
      ranges_[size - 1].last = std::max(ranges_[size - 1].last, range.last);
    } else {
      ranges_[size++] = range;
    }
  }
  ranges_.resize(size);
}

bool CodeSet::Contains(char32_t c) const {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), c,
                       [](char32_t d, const Range& range) { return d < range.first; });
  return after != ranges_.begin() && std::prev(after)->last >= c;
}

CodeSet CodeSet::Union(const CodeSet& other) const {
  CodeSet both;
  both.ranges_.reserve(ranges_.size() + other.ranges_.size());
  std::merge(ranges_.begin(), ranges_.end(), other.ranges_.begin(), other.ranges_.end(),
             std::back_inserter(both.ranges_), IsBefore);
  both.Join();
  return both;
}

CodeSet CodeSet::Intersection(const CodeSet& other) const {
  CodeSet both;
  auto a = ranges_.begin();
  auto b = other.ranges_.begin();
  while (a != ranges_.end() && b != other.ranges_.end()) {
    const char32_t first = std::max(a->first, b->first);
    const char32_t last = std::min(a->last, b->last);
    if (first <= last) both.ranges_.push_back({first, last});
    (a->last < b->last ? a : b)++;
  }
  return both;
}

CodeSet CodeSet::Complement() const {
  CodeSet rest;
  char32_t next = 0;
  for (const Range range : ranges_) {
    if (next < range.first) rest.ranges_.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= kLastCodePoint) rest.ranges_.push_back({next, kLastCodePoint});
  return rest;
}

bool CodeSet::Meets(const CodeSet& other) const { return !Intersection(other).empty(); }

}  // namespace vetor::regex
