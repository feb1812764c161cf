#include "cli/output/run_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vetor::cli {
namespace {

using ::testing::HasSubstr;

RunReport MiniLmReport() {
  RunReport report;
  report.command = "embed";
  report.texts = 2000;
  report.tokens = 31412;
  report.truncated = 3;
  report.seconds = 4;
  report.dim = 384;
  report.max_length = 256;
  report.metrics.model_id = "all-MiniLM-L6-v2";
  report.metrics.backend = "onnx";
  report.metrics.provider = "CPUExecutionProvider";
  report.metrics.runtime = "native (avx2)";
  report.metrics.precision = "fp32";
  report.metrics.cache_hits = 1200;
  report.metrics.peak_resident_bytes = 231 << 20;
  return report;
}

TEST(RunReportTest, TheSummarySaysWhatRanAndHowFast) {
  EXPECT_EQ(FormatSummary(MiniLmReport()),
            "vetor embed: 2,000 texts, 31,412 tokens in 4.00 s (500 texts/s, 7,853 tokens/s); "
            "peak memory 231 MB\n"
            "  all-MiniLM-L6-v2, native (avx2), CPUExecutionProvider, fp32; 3 truncated at 256 "
            "tokens; 1,200 from the cache");
}

TEST(RunReportTest, LevelsOfTheCacheAreNamed) {
  RunReport report = MiniLmReport();
  report.metrics.cache_tiers = {{.name = "memory", .hits = 0},
                                {.name = "shared", .hits = 800, .evicted = 3},
                                {.name = "disk", .hits = 400}};
  EXPECT_THAT(FormatSummary(report), HasSubstr("1,200 from the cache (800 shared, 400 disk)"));
  const auto stats = StatsJson(report);
  const auto& tiers = stats.at("metrics").at("cache_tiers").as_array();
  ASSERT_EQ(tiers.size(), 3U);
  EXPECT_EQ(tiers[1].at("name"), "shared");
  EXPECT_EQ(tiers[1].at("hits"), 800);
  EXPECT_EQ(tiers[1].at("evicted"), 3);
}

TEST(RunReportTest, OneTextIsSingular) {
  RunReport report;
  report.command = "embed";
  report.texts = 1;
  report.tokens = 1;
  report.seconds = 1;
  EXPECT_EQ(FormatSummary(report),
            "vetor embed: 1 text, 1 token in 1.00 s (1 text/s, 1 token/s); peak memory 0 MB");
}

TEST(RunReportTest, AFallbackIsSaid) {
  RunReport report = MiniLmReport();
  report.metrics.fallback = true;
  report.metrics.fallback_reason = "no library";
  EXPECT_THAT(FormatSummary(report), HasSubstr("FALLBACK: hashing ran instead of the model: no "
                                               "library"));
  EXPECT_EQ(StatsJson(report).at("fallback_reason"), "no library");
}

TEST(RunReportTest, StatsCarryTheFiguresAndTheExtra) {
  RunReport report = MiniLmReport();
  report.extra["pairs"] = 7;
  const auto stats = StatsJson(report);
  EXPECT_EQ(stats.at("texts"), 2000);
  EXPECT_EQ(stats.at("tokens_per_second").to_number<double>(), 7853);
  EXPECT_EQ(stats.at("peak_rss_mb").to_number<double>(), 231);
  EXPECT_EQ(stats.at("provider"), "CPUExecutionProvider");
  EXPECT_EQ(stats.at("runtime"), "native (avx2)");
  EXPECT_EQ(stats.at("runtime_reason"), "");
  EXPECT_EQ(stats.at("pairs"), 7);
}

// Some metrics were only in C++, because each list was written by hand.
TEST(RunReportTest, StatsHaveEveryMetric) {
  RunReport report = MiniLmReport();
  report.metrics.runtime = "onnxruntime 1";
  const auto stats = StatsJson(report);
  const boost::json::object& metrics = stats.at("metrics").as_object();
  size_t count = 0;
  ForEachMetric(report.metrics, [&](const char* name, const auto&) {
    EXPECT_TRUE(metrics.contains(name)) << name;
    ++count;
  });
  EXPECT_EQ(metrics.size(), count);
  EXPECT_EQ(metrics.at("runtime"), "onnxruntime 1");
  EXPECT_EQ(metrics.at("cache_hits"), 1200);
}

TEST(RunReportTest, NothingDoneIsNotDividedByNothing) {
  RunReport report;
  report.command = "embed";
  EXPECT_EQ(StatsJson(report).at("texts_per_second").to_number<double>(), 0);
  EXPECT_EQ(FormatSummary(report), "vetor embed: 0 texts in 0.00 s; peak memory 0 MB");
}

}  // namespace
}  // namespace vetor::cli
