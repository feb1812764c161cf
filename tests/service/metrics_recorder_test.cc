#include "service/metrics_recorder.h"

#include <gtest/gtest.h>

namespace vetor {
namespace {

TEST(MetricsRecorderTest, TheRingKeepsTheLatestInOrder) {
  MetricsRecorder recorder;
  const size_t total = MetricsRecorder::kLatencies + 10;
  for (size_t i = 0; i < total; ++i) recorder.AddLatency(static_cast<double>(i));
  Metrics metrics;
  recorder.CopyTo(&metrics);
  ASSERT_EQ(metrics.batch_latencies_ms.size(), MetricsRecorder::kLatencies);
  for (size_t i = 0; i < metrics.batch_latencies_ms.size(); ++i) {
    ASSERT_EQ(metrics.batch_latencies_ms[i], static_cast<double>(i + 10));
  }
}

TEST(MetricsRecorderTest, CountersAndTimesAreCopied) {
  MetricsRecorder recorder;
  recorder.texts += 3;
  recorder.model.AddMs(1.5);
  recorder.model.AddMs(2.25);
  Metrics metrics;
  metrics.cache_evicted = 9;
  recorder.CopyTo(&metrics);
  EXPECT_EQ(metrics.texts, 3U);
  EXPECT_DOUBLE_EQ(metrics.stages.model_ms, 3.75);
  EXPECT_EQ(metrics.cache_evicted, 9U);  // It is counted elsewhere, so it stays as it is.
}

}  // namespace
}  // namespace vetor
