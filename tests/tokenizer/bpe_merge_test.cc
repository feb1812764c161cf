// The three ways to merge a piece give the same symbols, even with tables that no training makes.
#include "tokenizer/models/bpe_merge.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace vetor {
namespace {

constexpr int32_t kLetters = 3;
constexpr int32_t kIds = 40;

// Pairs of any tokens become any token, in any order, so ranks fall as often as they rise.
std::vector<MergeTable::Merge> RandomMerges(std::mt19937* random) {
  std::vector<MergeTable::Merge> merges;
  for (int i = 0; i < 60; ++i) {
    const auto id = [&] { return static_cast<int32_t>((*random)() % kIds); };
    // Every other pair consists of letters, so that something merges at all.
    const bool letters = i % 2 == 0;
    merges.push_back({letters ? id() % kLetters : id(), letters ? id() % kLetters : id(), id()});
  }
  return merges;
}

// The definition, word for word.
std::vector<BpeSymbol> MergeByDefinition(const std::vector<MergeTable::Merge>& merges,
                                         std::vector<BpeSymbol> symbols) {
  std::map<std::pair<int32_t, int32_t>, size_t> ranks;
  for (size_t i = 0; i < merges.size(); ++i) ranks[{merges[i].left, merges[i].right}] = i;
  while (true) {
    size_t best_rank = SIZE_MAX;
    size_t best = 0;
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      const auto found = ranks.find({symbols[i].id, symbols[i + 1].id});
      if (found == ranks.end() || found->second >= best_rank) continue;
      best_rank = found->second;
      best = i;
    }
    if (best_rank == SIZE_MAX) return symbols;
    symbols[best].id = merges[best_rank].token;
    symbols[best].size += symbols[best + 1].size;
    symbols.erase(symbols.begin() + static_cast<ptrdiff_t>(best) + 1);
  }
}

std::string Show(const std::vector<BpeSymbol>& symbols) {
  std::string text;
  for (const BpeSymbol& symbol : symbols) {
    text += std::to_string(symbol.id) + ":" + std::to_string(symbol.size) + " ";
  }
  return text;
}

TEST(BpeMergeTest, AllWaysGiveWhatTheDefinitionGives) {
  std::mt19937 random(7);
  BpeMerger by_looking;
  BpeMerger by_heap;
  BpeMerger by_rank;
  by_looking.most_by_looking = 64;
  by_heap.most_by_looking = by_rank.most_by_looking = 0;
  by_rank.most_by_heap = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::vector<MergeTable::Merge> merges = RandomMerges(&random);
    const auto table = MergeTable::Build(merges, kIds);
    ASSERT_TRUE(table.ok());
    // Longer ones fall back from lists to the heap.
    const size_t count = round % 10 == 0 ? 400 : random() % 65;
    std::vector<BpeSymbol> symbols(count);
    for (BpeSymbol& symbol : symbols) symbol = {static_cast<int32_t>(random() % kLetters), 1};
    const std::string expected = Show(MergeByDefinition(merges, symbols));
    for (BpeMerger* merger : {&by_looking, &by_heap, &by_rank}) {
      std::vector<BpeSymbol> merged = symbols;
      merger->Merge(*table, &merged);
      ASSERT_EQ(Show(merged), expected) << "round " << round << ", " << count << " symbols";
    }
  }
}

TEST(MergeTableTest, TheLaterOfTwoEqualPairsCountsAndAbsentPairsHaveNoRank) {
  const std::vector<MergeTable::Merge> merges = {{0, 1, 2}, {0, 1, 3}, {7, 7, 7}};
  const auto table = MergeTable::Build(merges, 8);
  ASSERT_TRUE(table.ok());
  EXPECT_EQ(table->Find(0, 1), 1U);
  EXPECT_EQ(table->TokenOf(1), 3);
  EXPECT_EQ(table->Find(7, 7), 2U);
  EXPECT_EQ(table->Find(1, 0), MergeTable::kNoRank);
}

TEST(MergeTableTest, RefusesWhatDoesNotFitASlot) {
  const std::vector<MergeTable::Merge> merges(1 << 16, {0, 1, 2});
  EXPECT_EQ(MergeTable::Build(merges, 1 << 24).status().code(), StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace vetor
