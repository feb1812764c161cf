#include "tokenizer/pre_tokenizers/splitting.h"

#include <algorithm>

#include "base/status_macros.h"

namespace vetor {
namespace {

// Joins delimiters to the stretch before them, in the order given. Without `contiguous` it joins
// only the first of a run of delimiters; otherwise it joins all neighbours of the same kind.
void Merge(bool contiguous, std::vector<Stretch>* stretches) {
  std::vector<Stretch>& list = *stretches;
  size_t size = 0;
  bool previous_was_delimiter = false;
  for (const Stretch stretch : list) {
    const bool joins = contiguous ? stretch.is_delimiter == previous_was_delimiter
                                  : stretch.is_delimiter && !previous_was_delimiter;
    if (joins && size > 0) {
      list[size - 1].begin = std::min(list[size - 1].begin, stretch.begin);
      list[size - 1].end = std::max(list[size - 1].end, stretch.end);
    } else {
      list[size++] = stretch;
    }
    previous_was_delimiter = stretch.is_delimiter;
  }
  list.resize(size);
}

}  // namespace

Result<SplitBehavior> ParseSplitBehavior(const JsonNode& node) {
  VETOR_ASSIGN_OR_RETURN(const std::string_view name, node.String());
  if (name == "Removed") return SplitBehavior::kRemoved;
  if (name == "Isolated") return SplitBehavior::kIsolated;
  if (name == "MergedWithPrevious") return SplitBehavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return SplitBehavior::kMergedWithNext;
  if (name == "Contiguous") return SplitBehavior::kContiguous;
  return node.Expected(
      "\"Removed\", \"Isolated\", \"MergedWithPrevious\", \"MergedWithNext\" or \"Contiguous\"");
}

void AppendSplit(std::vector<Stretch>* stretches, SplitBehavior behavior, size_t base,
                 std::vector<Piece>* pieces) {
  switch (behavior) {
    case SplitBehavior::kRemoved:
      stretches->erase(std::remove_if(stretches->begin(), stretches->end(),
                                      [](const Stretch& s) { return s.is_delimiter; }),
                       stretches->end());
      break;
    case SplitBehavior::kIsolated:
      break;
    case SplitBehavior::kContiguous:
      Merge(true, stretches);
      break;
    case SplitBehavior::kMergedWithPrevious:
      Merge(false, stretches);
      break;
    case SplitBehavior::kMergedWithNext:
      std::reverse(stretches->begin(), stretches->end());
      Merge(false, stretches);
      std::reverse(stretches->begin(), stretches->end());
      break;
  }
  for (const Stretch& stretch : *stretches) {
    if (stretch.begin < stretch.end) {
      pieces->push_back({base + stretch.begin, base + stretch.end, Piece::kNoToken});
    }
  }
}

}  // namespace vetor
