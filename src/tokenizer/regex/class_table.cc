#include <algorithm>
#include <unordered_map>

#include "tokenizer/regex/program.h"

namespace vetor::regex {
namespace {

// Where class `bit` begins or ends.
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

bool ClassTable::Build(const std::vector<CodeSet>& classes) {
  constexpr size_t kMostParts = 256;
  constexpr size_t kCodePoints = CodeSet::kLastCodePoint + 1;
  std::vector<uint8_t> flat(kCodePoints);
  std::unordered_map<uint64_t, uint8_t> parts;
  const std::vector<Edge> edges = EdgesOf(classes);
  uint64_t mask = 0;
  auto edge = edges.begin();
  for (size_t begin = 0; begin < kCodePoints;) {
    for (; edge != edges.end() && edge->at <= begin; ++edge) mask ^= edge->bit;
    const size_t end = edge == edges.end() ? kCodePoints : edge->at;
    const auto [found, is_new] = parts.emplace(mask, static_cast<uint8_t>(masks_.size()));
    if (is_new) {
      if (masks_.size() == kMostParts) return false;
      masks_.push_back(mask);
    }
    std::fill(&flat[begin], &flat[begin] + (end - begin), found->second);
    begin = end;
  }
  parts_ = unicode::TwoStageTable<uint8_t>(flat);
  for (size_t c = 0; c < ascii_.size(); ++c) ascii_[c] = masks_[flat[c]];
  return true;
}

}  // namespace vetor::regex
