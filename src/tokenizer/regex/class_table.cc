#include "tokenizer/regex/class_table.h"

#include <algorithm>

namespace vetor::regex {
namespace {

// A place where class `bit` begins or ends.
struct Edge {
  char32_t at;
  uint64_t bit;
};

std::vector<Edge> EdgesOf(const std::vector<CodeSet>& classes) {
  std::vector<Edge> edges;
  for (size_t i = 0; i < classes.size(); ++i) {
    for (const CodeSet::Range range : classes[i].ranges()) {
      edges.push_back({range.first, uint64_t{1} << i});
      edges.push_back({range.last + 1, uint64_t{1} << i});
    }
  }
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.at < b.at; });
  return edges;
}

}  // namespace

// Returns false if there are more parts than a byte can count.
bool ClassTable::FindPart(uint64_t mask, uint8_t* part) {
  const auto found = std::find(masks_.begin(), masks_.end(), mask);
  *part = static_cast<uint8_t>(found - masks_.begin());
  if (found != masks_.end()) return true;
  if (masks_.size() > UINT8_MAX) return false;
  masks_.push_back(mask);
  return true;
}

// Says that code points [begin, end) are in `part`.
void ClassTable::Fill(size_t begin, size_t end, uint8_t part) {
  while (begin < end) {
    const size_t in_block = begin % kBlock;
    const size_t size = std::min(end - begin, kBlock - in_block);
    if (in_block == 0) {
      // A block that lies in one part is stored once. Only the last such block is compared, because
      // they stand together.
      const bool is_whole = size == kBlock;
      const bool is_last = is_whole && last_whole_part_ == part;
      if (!is_last) parts_.resize(parts_.size() + kBlock, part);
      blocks_.push_back(is_last ? blocks_.back()
                                : static_cast<uint16_t>(parts_.size() / kBlock - 1));
      last_whole_part_ = is_whole ? part : -1;
    } else {
      std::fill_n(parts_.end() - static_cast<ptrdiff_t>(kBlock - in_block), size, part);
    }
    begin += size;
  }
}

bool ClassTable::Build(const std::vector<CodeSet>& classes) {
  constexpr size_t kCodePoints = CodeSet::kLastCodePoint + 1;
  const std::vector<Edge> edges = EdgesOf(classes);
  blocks_.reserve(kCodePoints / kBlock);
  uint64_t mask = 0;
  auto edge = edges.begin();
  for (size_t begin = 0; begin < kCodePoints;) {
    for (; edge != edges.end() && edge->at <= begin; ++edge) mask ^= edge->bit;
    const size_t end = edge == edges.end() ? kCodePoints : edge->at;
    uint8_t part = 0;
    if (!FindPart(mask, &part)) return false;
    Fill(begin, end, part);
    begin = end;
  }
  for (size_t c = 0; c < ascii_.size(); ++c) ascii_[c] = Of(static_cast<char32_t>(c));
  return true;
}

}  // namespace vetor::regex
