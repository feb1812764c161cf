#include "cli/link/link_truth.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

namespace vetor::cli {
namespace {

using Counts = std::unordered_map<uint64_t, uint64_t>;

uint32_t BlockOf(const LabelledRows& rows, size_t i) {
  return rows.block.empty() ? 0 : rows.block[i];
}

uint64_t BlockAndTruth(uint32_t block, uint32_t truth) { return uint64_t{block} << 32 | truth; }

uint64_t PairsOf(uint64_t rows) { return rows < 2 ? 0 : rows * (rows - 1) / 2; }

uint64_t SumOfPairs(const Counts& counts) {
  uint64_t sum = 0;
  for (const auto& [key, count] : counts) sum += PairsOf(count);
  return sum;
}

uint64_t TruePairs(std::span<const uint32_t> truth) {
  Counts counts;
  for (const uint32_t value : truth) ++counts[value];
  return SumOfPairs(counts);
}

// Adds, for each k, the probability that k rows drawn without replacement from `rows` have one of
// the `right` among them: 1 - C(rows - right, k) / C(rows, k).
void AddChances(uint64_t rows, uint64_t right, std::vector<double>* sums) {
  double missed = 1;
  for (size_t k = 0; k < sums->size(); ++k) {
    if (k < rows) {
      const uint64_t wrong = rows - right;
      missed *= k < wrong ? static_cast<double>(wrong - k) / static_cast<double>(rows - k) : 0.0;
    }
    (*sums)[k] += 1 - missed;
  }
}

bool Together(const SimilarPair& pair, const LabelledRows& rows) {
  return rows.truth[pair.a] == rows.truth[pair.b];
}

}  // namespace

SearchAccuracy MeasureSearch(std::span<const std::vector<SearchHit>> hits,
                             const LabelledRows& corpus, const LabelledRows& queries, size_t top) {
  Counts rows;
  Counts right;
  for (size_t i = 0; i < corpus.truth.size(); ++i) {
    ++rows[BlockOf(corpus, i)];
    ++right[BlockAndTruth(BlockOf(corpus, i), corpus.truth[i])];
  }
  SearchAccuracy accuracy{hits.size(), std::vector<double>(top), std::vector<double>(top), 0};
  for (size_t q = 0; q < hits.size(); ++q) {
    const auto is_right = [&](const SearchHit& hit) {
      return corpus.truth[hit.row] == queries.truth[q];
    };
    const auto first = std::find_if(hits[q].begin(), hits[q].end(), is_right);
    if (first != hits[q].end()) {
      for (auto k = static_cast<size_t>(first - hits[q].begin()); k < top; ++k) {
        ++accuracy.found[k];
      }
    }
    const uint32_t block = BlockOf(queries, q);
    const auto in_block = rows.find(block);
    const auto right_ones = right.find(BlockAndTruth(block, queries.truth[q]));
    if (in_block == rows.end() || right_ones == right.end()) continue;
    ++accuracy.possible;
    AddChances(in_block->second, right_ones->second, &accuracy.chance);
  }
  const double queries_or_one = static_cast<double>(std::max<size_t>(1, hits.size()));
  for (double& share : accuracy.found) share /= queries_or_one;
  for (double& share : accuracy.chance) share /= queries_or_one;
  accuracy.possible /= queries_or_one;
  return accuracy;
}

double PairAccuracy::precision() const {
  return said == 0 ? 1 : static_cast<double>(right) / static_cast<double>(said);
}

double PairAccuracy::recall() const {
  return truth == 0 ? 1 : static_cast<double>(right) / static_cast<double>(truth);
}

double PairAccuracy::f1() const {
  const uint64_t both = said + truth;
  return both == 0 ? 1 : 2 * static_cast<double>(right) / static_cast<double>(both);
}

PairAccuracy MeasureBlocks(const LabelledRows& rows) {
  Counts in_block;
  Counts right;
  for (size_t i = 0; i < rows.truth.size(); ++i) {
    ++in_block[BlockOf(rows, i)];
    ++right[BlockAndTruth(BlockOf(rows, i), rows.truth[i])];
  }
  return {SumOfPairs(in_block), SumOfPairs(right), TruePairs(rows.truth)};
}

PairAccuracy MeasurePairs(std::span<const SimilarPair> pairs, float threshold,
                          const LabelledRows& rows) {
  PairAccuracy accuracy{0, 0, TruePairs(rows.truth)};
  for (const SimilarPair& pair : pairs) {
    if (pair.score < threshold) continue;
    ++accuracy.said;
    if (Together(pair, rows)) ++accuracy.right;
  }
  return accuracy;
}

PairAccuracy MeasureGroups(std::span<const std::vector<uint32_t>> groups,
                           const LabelledRows& rows) {
  PairAccuracy accuracy{0, 0, TruePairs(rows.truth)};
  for (const std::vector<uint32_t>& group : groups) {
    Counts counts;
    for (const uint32_t row : group) ++counts[rows.truth[row]];
    accuracy.said += PairsOf(group.size());
    accuracy.right += SumOfPairs(counts);
  }
  return accuracy;
}

BestThreshold FindBestThreshold(std::span<const SimilarPair> pairs, const LabelledRows& rows) {
  constexpr int kSteps = 1000;
  const auto threshold_of = [](int step) { return static_cast<float>(step) / kSteps; };
  struct Step {
    uint64_t said = 0;
    uint64_t right = 0;
  };
  std::map<int, Step, std::greater<>> steps;  // Highest threshold first.
  for (const SimilarPair& pair : pairs) {
    int step = static_cast<int>(std::floor(double{pair.score} * kSteps));
    // The same comparison that a user's --threshold will make.
    while (pair.score < threshold_of(step)) --step;
    while (pair.score >= threshold_of(step + 1)) ++step;
    Step& at = steps[step];
    ++at.said;
    if (Together(pair, rows)) ++at.right;
  }
  PairAccuracy sum{0, 0, TruePairs(rows.truth)};
  BestThreshold best{1, sum};
  double best_f1 = -1;
  for (const auto& [step, at] : steps) {
    sum.said += at.said;
    sum.right += at.right;
    if (sum.f1() <= best_f1) continue;
    best_f1 = sum.f1();
    best = {threshold_of(step), sum};
  }
  return best;
}

}  // namespace vetor::cli
