// Opens each graph of an export of the real MiniLM as a user does.
#include <gtest/gtest.h>

#include "os/log.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_paths.h"
#include "tests/support/test_services.h"
#include "vetor/embeddings_service.h"
#include "vetor/export_model.h"

namespace vetor {
namespace {

int& LoudLines() {
  static int lines = 0;
  return lines;
}

class ExportedPrecisionsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    LoudLines() = 0;
    SetLogSink([](LogLevel level, std::string_view) {
      if (level >= LogLevel::kWarning) ++LoudLines();
    });
  }
  void TearDown() override { SetLogSink(nullptr); }
};

// Guards against fp16 graphs that opened only after two failed attempts, each an error in the log.
TEST_F(ExportedPrecisionsTest, EachOpensWithoutAWordInTheLog) {
  VETOR_SKIP_WITHOUT(testing::TestRuntime());
  const auto weights = testing::FetchedModel("all-MiniLM-L6-v2-weights");
  VETOR_SKIP_WITHOUT(weights);
  const TemporaryFolder folder;
  ExportOptions options;
  options.source = weights.string();
  options.output = (folder / "out").string();
  options.library_path = testing::TestRuntime();
  options.precisions = {Precision::kFp32, Precision::kFp16, Precision::kInt8};
  const Result<ExportReport> report = ExportModel(options);
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EmbeddingsConfig config = testing::TinyConfig();
  config.model.path = options.output;
  for (const Precision precision : options.precisions) {
    config.model.precision = precision;
    const auto service = EmbeddingsService::Open(config);
    EXPECT_TRUE(service.ok()) << service.status().ToString();
    EXPECT_EQ(LoudLines(), 0) << ToString(precision);
  }
}

}  // namespace
}  // namespace vetor
