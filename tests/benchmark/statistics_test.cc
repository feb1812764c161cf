// The expected values come from NumPy 2 (quantile) and SciPy 1.14 (spearmanr).
#include "benchmark/statistics.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

#include "kernels/rank_correlation.h"

namespace vetor {
namespace {

TEST(Quantile, InterpolatesBetweenNeighbours) {
  const std::vector<double> samples = {7, 1, 3, 9};  // Sorted, these are 1 3 7 9.
  EXPECT_DOUBLE_EQ(Quantile(samples, 0), 1);
  EXPECT_DOUBLE_EQ(Quantile(samples, 0.5), 5);
  EXPECT_DOUBLE_EQ(Quantile(samples, 0.95), 8.7);
  EXPECT_DOUBLE_EQ(Quantile(samples, 1), 9);
  EXPECT_DOUBLE_EQ(Quantile(std::vector<double>{4}, 0.99), 4);
  EXPECT_DOUBLE_EQ(Quantile(std::vector<double>{}, 0.5), 0);
}

TEST(Latency, GivesMeanAndPercentiles) {
  std::vector<double> ms(100);
  std::iota(ms.rbegin(), ms.rend(), 1.0);
  const Latency latency = LatencyOf(ms);
  EXPECT_DOUBLE_EQ(latency.mean, 50.5);
  EXPECT_DOUBLE_EQ(latency.p50, 50.5);
  EXPECT_DOUBLE_EQ(latency.p95, 95.05);
  EXPECT_DOUBLE_EQ(latency.p99, 99.01);
  EXPECT_EQ(latency.samples, 100U);
}

TEST(Spread, GivesMedianSmallestAndLargest) {
  const Spread spread = SpreadOf(std::vector<double>{12, 10, 17});
  EXPECT_DOUBLE_EQ(spread.median, 12);
  EXPECT_DOUBLE_EQ(spread.min, 10);
  EXPECT_DOUBLE_EQ(spread.max, 17);
}

TEST(Spearman, AgreesWithKnownValues) {
  const std::vector<double> a = {106, 100, 86, 101, 99, 103, 97, 113, 112, 110};
  const std::vector<double> b = {7, 27, 2, 50, 28, 29, 20, 12, 6, 17};
  EXPECT_NEAR(Spearman(a, b), -0.17575757575757575, 1e-12);
  EXPECT_NEAR(Spearman(a, a), 1, 1e-12);
}

TEST(Spearman, EqualValuesShareTheirRank) {
  EXPECT_NEAR(Spearman(std::vector<double>{1, 2, 2, 3}, std::vector<double>{1, 3, 2, 4}),
              0.9486832980505138, 1e-12);
  EXPECT_DOUBLE_EQ(Spearman(std::vector<double>{1, 2, 3}, std::vector<double>{5, 5, 5}), 0);
}

}  // namespace
}  // namespace vetor
