#include "exporter/quantize/quality_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace vetor {
namespace {

using ::testing::HasSubstr;
using Vectors = std::vector<std::vector<float>>;

TEST(CompareVectorsTest, ReportsMeanWorstAndItsText) {
  const Vectors expected = {{1, 0}, {0, 2}, {1, 1}};
  const Vectors actual = {{3, 0}, {1, 1}, {1, 1}};
  const auto agreement = CompareVectors("probes", expected, actual);
  ASSERT_TRUE(agreement.ok()) << agreement.status().ToString();
  EXPECT_EQ(agreement->count, 3u);
  EXPECT_NEAR(agreement->mean_cosine, (2 + std::sqrt(0.5)) / 3, 1e-12);
  EXPECT_NEAR(agreement->worst_cosine, std::sqrt(0.5), 1e-12);
  EXPECT_EQ(agreement->worst_text, 1u);
}

TEST(CompareVectorsTest, RankAgreementLooksAtOrderAlone) {
  const auto at = [](std::initializer_list<double> angles) {
    Vectors vectors;
    for (const double angle : angles) {
      vectors.push_back({static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))});
    }
    return vectors;
  };
  // The distances 0.1, 0.3, 0.2 and 0.2, 0.7, 0.5 have the same order.
  EXPECT_DOUBLE_EQ(CompareVectors("t", at({0, 0.1, 0.3}), at({0, 0.2, 0.7}))->rank_agreement, 1);
  // The distances (1-0, 2-0, 2-1) are 0.1, 0.3, 0.2 and 0.3, 0.2, 0.1. The ranks of the cosines are
  // 3 1 2 and 1 2 3, so the result is 1 - 6 (4 + 1 + 1) / (3 (9 - 1)).
  EXPECT_NEAR(CompareVectors("t", at({0, 0.1, 0.3}), at({0, 0.3, 0.2}))->rank_agreement, -0.5,
              1e-12);
}

TEST(CompareVectorsTest, AZeroVectorPointsNowhere) {
  const auto agreement = CompareVectors("t", Vectors{{0, 0}, {0, 0}}, Vectors{{0, 0}, {0, 1}});
  ASSERT_TRUE(agreement.ok());
  EXPECT_EQ(agreement->mean_cosine,
            0);  // A zero vector points nowhere, not even where another does.
  EXPECT_EQ(agreement->rank_agreement, 1);
}

TEST(CompareVectorsTest, RefusesWhatCannotBeCompared) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_FALSE(CompareVectors("t", Vectors{}, Vectors{}).ok());
  EXPECT_FALSE(CompareVectors("t", Vectors{{1}}, Vectors{{1}, {1}}).ok());
  EXPECT_FALSE(CompareVectors("t", Vectors{{1}}, Vectors{{1, 2}}).ok());
  EXPECT_FALSE(CompareVectors("t", Vectors{{1}}, Vectors{{nan}}).ok());
}

TEST(QualityJsonTest, HoldsWhatWasMeasured) {
  VectorAgreement agreement;
  agreement.texts = "probes";
  agreement.count = 8;
  agreement.mean_cosine = 0.5;
  agreement.worst_cosine = 0.25;
  agreement.worst_text = 3;
  agreement.rank_agreement = 0.75;
  EXPECT_EQ(QualityJson({"model_quantized.onnx", "model.onnx", "per-row"}, {&agreement, 1}),
            R"({"file":"model_quantized.onnx","reference":"model.onnx","scheme":"per-row",)"
            R"("texts":[{"texts":"probes","count":8,"mean_cosine":5E-1,"worst_cosine":2.5E-1,)"
            R"("worst_text":3,"rank_agreement":7.5E-1}]})"
            "\n");
}

TEST(CheckQualityTest, RefusesAMeanBelowTheLeast) {
  VectorAgreement good;
  good.mean_cosine = kLeastMeanCosine;
  VectorAgreement bad;
  bad.texts = "calibration";
  bad.mean_cosine = 0.97;
  bad.worst_cosine = 0.5;
  bad.count = 12;
  EXPECT_TRUE(CheckQuality("model_quantized.onnx", {&good, 1}).ok());
  const std::vector<VectorAgreement> both = {good, bad};
  const Status status = CheckQuality("model_quantized.onnx", both);
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("12 texts of calibration"));
  EXPECT_THAT(status.message(), HasSubstr("0.9700"));
  EXPECT_THAT(status.message(), HasSubstr("(option force)"));
  bad.count = 1;
  EXPECT_THAT(CheckQuality("m.onnx", {&bad, 1}).message(), HasSubstr("the 1 text of calibration"));
}

}  // namespace
}  // namespace vetor
