#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <ostream>
#include <random>
#include <vector>

#include "tests/similarity/random_rows.h"
#include "vetor/similarity.h"

namespace vetor {

bool operator==(const SimilarPair& x, const SimilarPair& y) {
  return x.a == y.a && x.b == y.b && x.score == y.score;
}
std::ostream& operator<<(std::ostream& out, const SimilarPair& pair) {
  return out << "{" << pair.a << ", " << pair.b << ", " << pair.score << "}";
}

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();

std::vector<SimilarPair> Pairs(const OwnedRows& rows, float threshold, int threads) {
  auto pairs = PairsAbove(rows.view(), threshold, threads, kNoLimit);
  EXPECT_TRUE(pairs.ok());
  return *pairs;
}

// Integers over 8 and one, two or four fields are exact in any order.
TEST(PairsAboveTest, EqualsTheDefinitionOnRandomShapes) {
  std::mt19937 random(1);
  const std::vector<std::vector<size_t>> dims = {{1}, {3}, {16}, {33}, {5, 40}, {1, 2, 17, 4}};
  for (int round = 0; round < 200; ++round) {
    const auto any = [&](size_t most) {
      return std::uniform_int_distribution<size_t>(0, most)(random);
    };
    const OwnedRows rows =
        ExactRows({any(150), dims[any(dims.size() - 1)],
                   static_cast<uint32_t>(std::vector<size_t>{0, 1, 3, 40}[any(3)])},
                  &random);
    const float threshold = std::vector<float>{-1, 0, 0.0625f, 0.125f}[any(3)];
    const int threads = 1 + static_cast<int>(any(2));
    ASSERT_EQ(Pairs(rows, threshold, threads), ReferencePairs(rows, threshold))
        << "round " << round;
  }
}

// There are more rows than one task holds, in one block and in a few.
TEST(PairsAboveTest, ManyTasksEqualTheDefinition) {
  std::mt19937 random(2);
  for (uint32_t blocks : {0u, 3u}) {
    const OwnedRows rows = ExactRows({5'200, {6}, blocks}, &random);
    EXPECT_EQ(Pairs(rows, 0.28f, 2), ReferencePairs(rows, 0.28f));
  }
}

TEST(PairsAboveTest, ThreadsDoNotChangeABit) {
  std::mt19937 random(3);
  const OwnedRows rows = UnitRows({6'000, {40}, 2}, &random);
  const auto one = Pairs(rows, 0.5f, 1);
  EXPECT_GT(one.size(), 100u);
  EXPECT_EQ(Pairs(rows, 0.5f, 2), one);
  EXPECT_EQ(Pairs(rows, 0.5f, 5), one);
}

TEST(PairsAboveTest, TheThresholdItselfCounts) {
  const OwnedRows rows{{{0.5f, 1.0f, 0.25f}}, {1}, {}, 3};
  EXPECT_THAT(Pairs(rows, 0.25f, 1),
              ElementsAre(SimilarPair{0, 1, 0.5f}, SimilarPair{1, 2, 0.25f}));
}

TEST(PairsAboveTest, TheScoreIsTheMeanOverFields) {
  const OwnedRows rows{{{1, 1}, {1, 0, 0, 1}}, {1, 2}, {}, 2};
  EXPECT_THAT(Pairs(rows, 0, 1), ElementsAre(SimilarPair{0, 1, 0.5f}));
}

TEST(PairsAboveTest, WithoutRowsThereAreNoPairs) {
  EXPECT_THAT(Pairs({{{}}, {3}, {}, 0}, -1, 2), IsEmpty());
  EXPECT_THAT(Pairs({{{1, 0, 0}}, {3}, {}, 1}, -1, 2), IsEmpty());
  EXPECT_THAT(Pairs({{{1, 1, 1}}, {1}, {1, 2, 3}, 3}, -1, 2), IsEmpty());
}

TEST(PairsAboveTest, ARowWithNanIsInNoPair) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(Pairs({{{1, nan, 1}}, {1}, {}, 3}, -1, 1), ElementsAre(SimilarPair{0, 2, 1}));
}

TEST(PairsAboveTest, TheLimitIsInclusiveAndItsErrorSaysTheNumber) {
  // These make 604,450 pairs.
  const OwnedRows rows{{std::vector<float>(1'100, 1.0f)}, {1}, {}, 1'100};
  EXPECT_TRUE(PairsAbove(rows.view(), 0.9f, 2, 604'450).ok());
  for (size_t limit : {size_t{0}, size_t{604'449}}) {
    const auto pairs = PairsAbove(rows.view(), 0.9f, 2, limit);
    ASSERT_FALSE(pairs.ok());
    EXPECT_EQ(pairs.status().code(), StatusCode::kResourceExhausted);
    EXPECT_THAT(pairs.status().message(), HasSubstr("604450 pairs of 1100 rows score 0.9 or more"));
    EXPECT_THAT(pairs.status().message(), HasSubstr("higher threshold"));
  }
}

TEST(PairsAboveTest, ARequestedStopEndsIt) {
  const OwnedRows rows{{{1, 1}}, {1}, {}, 2};
  std::stop_source stop;
  EXPECT_TRUE(PairsAbove(rows.view(), 0.5f, 1, 9, stop.get_token()).ok());
  stop.request_stop();
  const auto pairs = PairsAbove(rows.view(), 0.5f, 1, 9, stop.get_token());
  ASSERT_FALSE(pairs.ok());
  EXPECT_EQ(pairs.status().code(), StatusCode::kCancelled);
}

TEST(PairsAboveTest, ALimitOfZeroAllowsNoPairs) {
  const OwnedRows rows{{{1, -1}}, {1}, {}, 2};
  const auto pairs = PairsAbove(rows.view(), 0.5f, 1, 0);
  ASSERT_TRUE(pairs.ok());
  EXPECT_THAT(*pairs, IsEmpty());
}

}  // namespace
}  // namespace vetor
