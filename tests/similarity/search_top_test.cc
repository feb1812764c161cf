#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <ostream>
#include <random>
#include <vector>

#include "tests/similarity/random_rows.h"
#include "vetor/similarity.h"

namespace vetor {

bool operator==(const SearchHit& a, const SearchHit& b) {
  return a.row == b.row && a.score == b.score;
}
std::ostream& operator<<(std::ostream& out, const SearchHit& hit) {
  return out << "{" << hit.row << ", " << hit.score << "}";
}

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Integers over 8 are exact in any order, so the answer equals the reference's, with its ties.
TEST(SearchTopTest, EqualsTheDefinitionOnRandomShapes) {
  std::mt19937 random(1);
  const std::vector<std::vector<size_t>> dims = {{1}, {3}, {16}, {33}, {5, 40}, {1, 2, 17}, {7, 7}};
  for (int round = 0; round < 200; ++round) {
    const auto any = [&](size_t most) {
      return std::uniform_int_distribution<size_t>(0, most)(random);
    };
    RowShape shape{any(150), dims[any(dims.size() - 1)],
                   static_cast<uint32_t>(std::vector<size_t>{0, 1, 3, 40}[any(3)])};
    const OwnedRows corpus = ExactRows(shape, &random);
    shape.rows = any(70);
    const OwnedRows queries = ExactRows(shape, &random);
    const size_t top = 1 + any(11);
    const int threads = 1 + static_cast<int>(any(2));
    // With three fields the mean is scaled by a rounded third, and the reference rounds the same
    // way.
    const bool scales_exactly = shape.dims.size() != 3;
    const auto expected = ReferenceSearch(corpus, queries, top);
    const auto found = *SearchTop(corpus.view(), queries.view(), top, threads);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t query = 0; query < expected.size(); ++query) {
      ASSERT_EQ(found[query].size(), expected[query].size()) << "round " << round;
      for (size_t i = 0; i < expected[query].size(); ++i) {
        EXPECT_EQ(found[query][i].row, expected[query][i].row) << "round " << round;
        if (scales_exactly) {
          EXPECT_EQ(found[query][i].score, expected[query][i].score);
        } else {
          EXPECT_NEAR(found[query][i].score, expected[query][i].score, 1e-6);
        }
      }
    }
  }
}

TEST(SearchTopTest, ScoresOfUnitVectorsAreWithinRoundingOfDouble) {
  std::mt19937 random(2);
  const OwnedRows corpus = UnitRows({300, {384, 100}, 2}, &random);
  const OwnedRows queries = UnitRows({50, {384, 100}, 2}, &random);
  const auto found = *SearchTop(corpus.view(), queries.view(), 10, 2);
  for (size_t query = 0; query < queries.rows; ++query) {
    ASSERT_EQ(found[query].size(), 10u);
    double worst = 2;
    for (const SearchHit& hit : found[query]) {
      const double expected = ReferenceScore(queries, query, corpus, hit.row);
      EXPECT_NEAR(hit.score, expected, 5e-7);
      EXPECT_LE(expected, worst + 1e-6);
      worst = expected;
    }
  }
}

// There are more rows and queries than one task holds, so several tasks share a query and a
// packing.
TEST(SearchTopTest, ManyTasksEqualTheDefinition) {
  std::mt19937 random(3);
  const OwnedRows corpus = ExactRows({9'001, {4}}, &random);
  const OwnedRows queries = ExactRows({1'030, {4}}, &random);
  EXPECT_EQ(*SearchTop(corpus.view(), queries.view(), 7, 2), ReferenceSearch(corpus, queries, 7));
}

TEST(SearchTopTest, ThreadsDoNotChangeABit) {
  std::mt19937 random(4);
  const OwnedRows corpus = UnitRows({9'000, {48}, 2}, &random);
  const OwnedRows queries = UnitRows({2'100, {48}, 2}, &random);
  const auto one = *SearchTop(corpus.view(), queries.view(), 5, 1);
  EXPECT_EQ(*SearchTop(corpus.view(), queries.view(), 5, 2), one);
  EXPECT_EQ(*SearchTop(corpus.view(), queries.view(), 5, 7), one);
}

TEST(SearchTopTest, TheOrderOfTheRowsDoesNotChangeABit) {
  std::mt19937 random(5);
  const OwnedRows corpus = UnitRows({500, {100}}, &random);
  const OwnedRows queries = UnitRows({20, {100}}, &random);
  OwnedRows reversed = corpus;
  for (size_t row = 0; row < corpus.rows; ++row) {
    std::copy_n(&corpus.fields[0][row * 100], 100,
                &reversed.fields[0][(corpus.rows - 1 - row) * 100]);
  }
  auto found = *SearchTop(reversed.view(), queries.view(), 9, 1);
  for (auto& hits : found) {
    for (SearchHit& hit : hits) hit.row = static_cast<uint32_t>(corpus.rows) - 1 - hit.row;
  }
  EXPECT_EQ(found, *SearchTop(corpus.view(), queries.view(), 9, 1));
}

TEST(SearchTopTest, EqualScoresComeByAscendingRow) {
  const OwnedRows corpus{{std::vector<float>(5'000, 1.0f)}, {1}, {}, 5'000};
  const OwnedRows query{{{1.0f}}, {1}, {}, 1};
  EXPECT_THAT(*SearchTop(corpus.view(), query.view(), 3, 2),
              ElementsAre(ElementsAre(SearchHit{0, 1}, SearchHit{1, 1}, SearchHit{2, 1})));
}

TEST(SearchTopTest, ARequestedStopEndsIt) {
  const OwnedRows one{{{1.0f}}, {1}, {}, 1};
  std::stop_source stop;
  EXPECT_THAT(*SearchTop(one.view(), one.view(), 1, 1, stop.get_token()),
              ElementsAre(ElementsAre(SearchHit{0, 1})));
  stop.request_stop();
  const auto stopped = SearchTop(one.view(), one.view(), 1, 1, stop.get_token());
  EXPECT_EQ(stopped.status().code(), StatusCode::kCancelled);
}

TEST(SearchTopTest, EmptyInputsHaveNoHits) {
  const OwnedRows none{{{}}, {2}, {}, 0};
  const OwnedRows one{{{0.0f, 1.0f}}, {2}, {}, 1};
  EXPECT_THAT(*SearchTop(none.view(), none.view(), 3, 2), IsEmpty());
  EXPECT_THAT(*SearchTop(one.view(), none.view(), 3, 2), IsEmpty());
  EXPECT_THAT(*SearchTop(none.view(), one.view(), 3, 2), ElementsAre(IsEmpty()));
}

TEST(SearchTopTest, ACorpusSmallerThanTopGivesAllItsRows) {
  const OwnedRows one{{{0.0f, 1.0f}}, {2}, {}, 1};
  EXPECT_THAT(*SearchTop(one.view(), one.view(), 3, 1), ElementsAre(ElementsAre(SearchHit{0, 1})));
}

TEST(SearchTopTest, FewerThreadsThanOneMeansOne) {
  const OwnedRows one{{{0.0f, 1.0f}}, {2}, {}, 1};
  EXPECT_THAT(*SearchTop(one.view(), one.view(), 1, -4), ElementsAre(ElementsAre(SearchHit{0, 1})));
}

TEST(SearchTopTest, ABlockThatTheCorpusLacksHasNoHits) {
  const OwnedRows corpus{{{1, 1, 1}}, {1}, {5, 9, 5}, 3};
  const OwnedRows queries{{{1, 1, 1, 1}}, {1}, {10, 5, 7, 9}, 4};
  EXPECT_THAT(*SearchTop(corpus.view(), queries.view(), 2, 2),
              ElementsAre(IsEmpty(), ElementsAre(SearchHit{0, 1}, SearchHit{2, 1}), IsEmpty(),
                          ElementsAre(SearchHit{1, 1})));
}

TEST(SearchTopTest, ARowWithNanIsNotAHit) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const OwnedRows corpus{{{0.5f, nan, 0.25f}}, {1}, {}, 3};
  const OwnedRows queries{{{1, nan}}, {1}, {}, 2};
  EXPECT_THAT(*SearchTop(corpus.view(), queries.view(), 3, 1),
              ElementsAre(ElementsAre(SearchHit{0, 0.5f}, SearchHit{2, 0.25f}), IsEmpty()));
}

}  // namespace
}  // namespace vetor
