#include "head/pooling_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(PoolingSpecTest, ModesAreReadInTheOrderGivenAndDescribedAlike) {
  const auto modes = ParsePoolingModes("lasttoken+mean+cls");
  ASSERT_TRUE(modes.ok());
  EXPECT_THAT(*modes, ElementsAre(PoolingMode::kLastToken, PoolingMode::kMean, PoolingMode::kCls));
  EXPECT_EQ(DescribePoolingModes(*modes), "lasttoken+mean+cls");
}

TEST(PoolingSpecTest, EveryModeSurvivesTheRoundTrip) {
  for (const auto mode :
       {PoolingMode::kCls, PoolingMode::kMax, PoolingMode::kMean, PoolingMode::kMeanSqrtLen,
        PoolingMode::kWeightedMean, PoolingMode::kLastToken}) {
    const auto modes = ParsePoolingModes(DescribePoolingModes({&mode, 1}));
    ASSERT_TRUE(modes.ok());
    EXPECT_THAT(*modes, ElementsAre(mode));
  }
}

TEST(PoolingSpecTest, AnUnknownModeIsNamedBesideWhatThereIs) {
  for (const char* text : {"median", "mean+median", "", "mean+", "+mean", "Mean"}) {
    const auto modes = ParsePoolingModes(text);
    ASSERT_FALSE(modes.ok()) << text;
    EXPECT_EQ(modes.status().code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(modes.status().message(), HasSubstr("weightedmean"));
  }
  EXPECT_THAT(ParsePoolingModes("mean+median").status().message(), HasSubstr("\"median\""));
}

}  // namespace
}  // namespace vetor
