#include "cli/link/link_truth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vetor::cli {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

auto Near(double value) { return DoubleNear(value, 1e-12); }

TEST(MeasureSearchTest, CountsTheFirstRightHit) {
  const std::vector<uint32_t> corpus = {1, 2, 3};
  const std::vector<uint32_t> queries = {1, 3, 9};
  const std::vector<std::vector<SearchHit>> hits = {
      {{0, 0.9F}, {1, 0.5F}}, {{1, 0.8F}, {2, 0.7F}}, {{0, 0.3F}, {1, 0.2F}}};
  const SearchAccuracy accuracy = MeasureSearch(hits, {{}, corpus}, {{}, queries}, 2);
  EXPECT_EQ(accuracy.queries, 3U);
  EXPECT_THAT(accuracy.found, ElementsAre(Near(1 / 3.0), Near(2 / 3.0)));
  // Truth 9 does not occur, so two queries of three can be right, each with 1 of 3 rows.
  EXPECT_NEAR(accuracy.possible, 2 / 3.0, 1e-12);
  EXPECT_THAT(accuracy.chance, ElementsAre(Near(2 / 9.0), Near(4 / 9.0)));
}

TEST(MeasureSearchTest, ChanceKnowsBlocksAndSeveralRightRows) {
  const std::vector<uint32_t> corpus_block = {0, 0, 0, 0, 1};
  const std::vector<uint32_t> corpus = {5, 5, 6, 7, 5};
  const std::vector<uint32_t> query_block = {0};
  const std::vector<uint32_t> queries = {5};
  const std::vector<std::vector<SearchHit>> hits = {{}};
  const auto accuracy = MeasureSearch(hits, {corpus_block, corpus}, {query_block, queries}, 5);
  // 2 of 4 rows are right, so the chance is 1 - C(2,k)/C(4,k). A k above the size of the block
  // changes nothing.
  EXPECT_THAT(accuracy.chance,
              ElementsAre(Near(0.5), Near(1 - 1 / 6.0), Near(1), Near(1), Near(1)));
  EXPECT_THAT(accuracy.found, ElementsAre(0, 0, 0, 0, 0));
}

TEST(MeasureSearchTest, WithoutQueriesNothingIsDivided) {
  const auto accuracy = MeasureSearch({}, {}, {}, 1);
  EXPECT_THAT(accuracy.found, ElementsAre(0));
  EXPECT_EQ(accuracy.possible, 0);
}

// Rows 0 and 1 belong together, and rows 2 and 3.
const std::vector<uint32_t> kTruth = {1, 1, 2, 2};

TEST(MeasurePairsTest, ReportsPrecisionRecallAndF1) {
  const std::vector<SimilarPair> pairs = {{0, 1, 0.9F}, {0, 2, 0.9F}, {1, 2, 0.8F}, {2, 3, 0.4F}};
  const PairAccuracy accuracy = MeasurePairs(pairs, 0.8F, {{}, kTruth});
  EXPECT_EQ(accuracy.said, 3U);
  EXPECT_EQ(accuracy.right, 1U);
  EXPECT_EQ(accuracy.truth, 2U);
  EXPECT_DOUBLE_EQ(accuracy.precision(), 1 / 3.0);
  EXPECT_DOUBLE_EQ(accuracy.recall(), 0.5);
  EXPECT_DOUBLE_EQ(accuracy.f1(), 0.4);
}

TEST(MeasurePairsTest, WithoutPairsEveryFigureIsOne) {
  const PairAccuracy accuracy = MeasurePairs({}, 0.5F, {{}, {}});
  EXPECT_EQ(accuracy.precision(), 1);
  EXPECT_EQ(accuracy.recall(), 1);
  EXPECT_EQ(accuracy.f1(), 1);
}

TEST(MeasureGroupsTest, AGroupPutsAllItsPairsTogether) {
  const std::vector<std::vector<uint32_t>> groups = {{0, 1, 2}};
  const PairAccuracy accuracy = MeasureGroups(groups, {{}, kTruth});
  EXPECT_EQ(accuracy.said, 3U);
  EXPECT_EQ(accuracy.right, 1U);
}

TEST(MeasureBlocksTest, BlocksAloneAreEveryPairOfABlock) {
  const std::vector<uint32_t> block = {0, 0, 0, 1};
  const PairAccuracy accuracy = MeasureBlocks({block, kTruth});
  EXPECT_EQ(accuracy.said, 3U);
  EXPECT_EQ(accuracy.right, 1U);
  EXPECT_EQ(accuracy.truth, 2U);
}

TEST(FindBestThresholdTest, TakesTheHighestF1AndTheThresholdReproducesIt) {
  const std::vector<SimilarPair> pairs = {
      {0, 1, 0.913F}, {2, 3, 0.8001F}, {0, 2, 0.7F}, {1, 2, 0.3F}, {0, 3, -0.2F}};
  const LabelledRows rows{{}, kTruth};
  const BestThreshold best = FindBestThreshold(pairs, rows);
  EXPECT_FLOAT_EQ(best.threshold, 0.8F);
  EXPECT_EQ(best.accuracy.said, 2U);
  EXPECT_DOUBLE_EQ(best.accuracy.f1(), 1);
  const PairAccuracy again = MeasurePairs(pairs, best.threshold, rows);
  EXPECT_EQ(again.said, best.accuracy.said);
  EXPECT_EQ(again.right, best.accuracy.right);
}

TEST(FindBestThresholdTest, ScoresOnAStepBelongToIt) {
  for (int step = 1; step <= 1000; ++step) {
    const float score = static_cast<float>(step) / 1000;
    const std::vector<SimilarPair> pairs = {{0, 1, score}};
    EXPECT_EQ(FindBestThreshold(pairs, {{}, kTruth}).threshold, score);
  }
}

}  // namespace
}  // namespace vetor::cli
