// Checks the table, the JSON and the page of a report that was made by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/json.h"
#include "benchmark/report_words.h"
#include "benchmark/svg_plot.h"
#include "vetor/benchmark.h"

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

BenchmarkReport SampleReport() {
  BenchmarkReport report;
  report.model_id = "<script>alert(1)</script>";
  report.machine.processor = "Test & Sons";
  report.repeat = 3;
  report.rows = {
      {.engine = "onnx",
       .provider = "cpu",
       .precision = "fp32",
       .runtime = "onnxruntime",
       .cache = "cold",
       .workload = "mixed",
       .active_runtime = "onnxruntime 1.28.0",
       .runtime_reason = "it was <asked> for",
       .texts = 320,
       .tokens = 16020,
       .texts_per_second = {237, 225, 239},
       .tokens_per_second = {14412, 13900, 15100},
       .batch_latency_ms = {34.5, 31.25, 60, 71, 40},
       .text_latency_ms = {4.5, 4.25, 6, 7, 24},
       .cache_hit_rate = 0.125,
       .peak_rss_mb = 198.7,
       .rss_growth_mb = 181.2},
      {.engine = "onnx", .provider = "cuda", .precision = "fp32", .error = "no \"card\""}};
  report.series = {{.engine = "onnx",
                    .provider = "cpu",
                    .precision = "fp32",
                    .by = "length",
                    .points = {{8, {9000, 8800, 9100}}, {64, {14000, 14000, 14000}}}}};
  report.warnings = {"the machine was busy"};
  return report;
}

TEST(BenchmarkTable, ShowsFiguresReasonsAndWarnings) {
  const std::string table = BenchmarkTable(SampleReport());
  EXPECT_THAT(table, HasSubstr("onnx cpu fp32 onnxruntime\n  onnxruntime 1.28.0, not vetor's own "
                               "kernels: it was <asked> for\n"));
  EXPECT_THAT(table, HasSubstr("14,412 (13,900-15,100)"));
  EXPECT_THAT(table, HasSubstr("34.5 / 31.2 / 60 / 71 ms"));
  EXPECT_THAT(table, HasSubstr("12 %"));
  EXPECT_THAT(table, HasSubstr("199 (+181)"));
  EXPECT_THAT(table, HasSubstr("not measured: no \"card\""));
  EXPECT_THAT(table, HasSubstr("warning: the machine was busy"));
}

TEST(BenchmarkJson, HoldsTheFigures) {
  const auto parsed = ParseJson(BenchmarkJson(SampleReport()), "report");
  ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
  const auto& row = parsed->at("results").as_array()[0];
  EXPECT_EQ(row.at("tokens_per_second").to_number<double>(), 14412);
  EXPECT_EQ(row.at("batch_latency_ms").at("p95").to_number<double>(), 60);
  EXPECT_EQ(row.at("cache_hit_rate").to_number<double>(), 0.125);
  EXPECT_EQ(row.at("rss_growth_mb").to_number<double>(), 181.2);
  EXPECT_TRUE(row.at("error").is_null());
  EXPECT_EQ(row.at("runtime"), "onnxruntime");
  EXPECT_EQ(row.at("active_runtime"), "onnxruntime 1.28.0");
  EXPECT_EQ(row.at("runtime_reason"), "it was <asked> for");
  EXPECT_EQ(parsed->at("results").as_array()[1].at("error"), "no \"card\"");
}

TEST(BenchmarkJson, WhatIsNotANumberIsNull) {
  BenchmarkReport report = SampleReport();
  report.rows[0].peak_rss_mb = std::numeric_limits<double>::quiet_NaN();
  const auto parsed = ParseJson(BenchmarkJson(report), "report");
  ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
  EXPECT_TRUE(parsed->at("results").as_array()[0].at("peak_rss_mb").is_null());
}

TEST(BenchmarkHtml, NeedsNothingFromElsewhereAndEscapes) {
  const std::string html = BenchmarkHtml(SampleReport());
  EXPECT_THAT(html, HasSubstr("<svg"));
  EXPECT_THAT(html, HasSubstr("14,412"));
  EXPECT_THAT(html, HasSubstr("Test &amp; Sons"));
  EXPECT_THAT(html, HasSubstr("no &quot;card&quot;"));
  EXPECT_THAT(html, HasSubstr("it was &lt;asked&gt; for"));
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme:dark"));
  for (const char* outside : {"<script", "http:", "https:", "src=", "@import", "url("}) {
    EXPECT_THAT(html, Not(HasSubstr(outside)));
  }
}

TEST(RoundTicks, CoverTheRangeInRoundSteps) {
  EXPECT_THAT(RoundTicks(0, 14412, 5), ElementsAre(0, 5000, 10000, 15000));
  EXPECT_THAT(RoundTicks(0, 1, 5), ElementsAre(0, 0.2, 0.4, 0.6000000000000001, 0.8, 1));
  EXPECT_GE(RoundTicks(3, 3, 5).size(), 2U);  // One value still gets an axis.
}

TEST(DrawPlot, DrawsEachLineInsideItsFrame) {
  const std::string svg = DrawPlot(
      {.x_label = "x", .y_label = "y", .lines = {{"a<b", {{1, 5, 4, 6}, {2, 10, 10, 10}}}}});
  EXPECT_THAT(svg, HasSubstr("a&lt;b"));
  EXPECT_THAT(svg, HasSubstr("class=\"range\""));
  // The point (1, 5) of [1, 2] x [0, 10] lies at the left, half way up.
  EXPECT_THAT(svg, HasSubstr("cx=\"68.0\" cy=\"144.0\""));
  EXPECT_THAT(svg, HasSubstr("cx=\"544.0\" cy=\"14.0\""));
  EXPECT_EQ(DrawPlot({.lines = {{"empty", {}}}}), "");
}

TEST(ReportWords, FiguresAreGroupedAndHaveUnits) {
  EXPECT_EQ(Grouped(7.25), "7.2");
  EXPECT_EQ(Grouped(1234567), "1,234,567");
  EXPECT_EQ(Milliseconds(0.0031), "3.1 us");
  EXPECT_EQ(Milliseconds(4.5), "4.5 ms");
  EXPECT_EQ(Milliseconds(1250), "1.25 s");
  EXPECT_EQ(ConfigurationName("hashing", "", "fp32", ""), "hashing");
  EXPECT_EQ(ConfigurationName("onnx", "cpu", "fp32", "auto"), "onnx cpu fp32");
  EXPECT_EQ(ConfigurationName("onnx", "cpu", "fp32", "native"), "onnx cpu fp32 native");
}

}  // namespace
}  // namespace vetor
