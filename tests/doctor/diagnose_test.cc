// Tests the public Diagnose. What each check finds is tested where the check is made, and with the
// command.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stop_token>
#include <string>
#include <vector>

#include "tests/support/scoped_variable.h"
#include "vetor/doctor.h"

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> NamesOf(const DoctorReport& report) {
  std::vector<std::string> names;
  for (const DoctorCheck& check : report.checks) names.push_back(check.name);
  return names;
}

LoadedConfig Hashing() {
  LoadedConfig loaded;
  loaded.config.backend = BackendKind::kHashing;
  loaded.config.cache.enabled = false;
  return loaded;
}

TEST(DiagnoseTest, EveryCheckIsToldAsItIsMade) {
  std::vector<std::string> told;
  const auto report = Diagnose(
      Hashing(), {.on_check = [&](const DoctorCheck& check) { told.push_back(check.name); }});
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  EXPECT_THAT(NamesOf(*report), ElementsAre("configuration", "model", "library", "sample texts",
                                            "speed", "cache", "cpu", "memory"));
  EXPECT_EQ(told, NamesOf(*report));
  EXPECT_TRUE(report->ok());
  EXPECT_EQ(report->Count(CheckState::kWrong), 0u);
  EXPECT_EQ(report->checks[3].state, CheckState::kOk);
}

// It said nothing of the kernels until a model was named, so that a misspelt VETOR_CPU showed when
// the model did not open.
TEST(DiagnoseTest, TheKernelsAreNamedWithoutAModelToo) {
  const auto kernels = [] {
    const auto report = Diagnose(Hashing());
    return report.ok() ? report->checks[6] : DoctorCheck();
  };
  EXPECT_THAT(kernels().detail, HasSubstr("vetor's own kernels: "));
  const testing::ScopedVariable forced("VETOR_CPU", "portable");
  EXPECT_THAT(kernels().detail, HasSubstr("vetor's own kernels: portable, as VETOR_CPU says"));
  const testing::ScopedVariable misspelt("VETOR_CPU", "avx513");
  EXPECT_EQ(kernels().state, CheckState::kWrong);
  EXPECT_THAT(kernels().remedy, HasSubstr("unset it"));
}

TEST(DiagnoseTest, TheFileOfTheSettingsIsNamed) {
  const auto report = Diagnose(Hashing(), {.config_path = "my.json"});
  ASSERT_TRUE(report.ok());
  EXPECT_THAT(report->checks[0].detail, HasSubstr("my.json"));
}

// It said "no --config file", although a program has no flags and may have read a file.
TEST(DiagnoseTest, SettingsWithoutAFileAreTheProgramsOwn) {
  const auto report = Diagnose(Hashing());
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->checks[0].detail.starts_with("no configuration file was named"))
      << report->checks[0].detail;
}

TEST(DiagnoseTest, SettingsThatCannotBeReadAreReportedAsWrong) {
  const auto report = Diagnose(InvalidArgumentError("c.json: ai.dim is 0"));
  ASSERT_TRUE(report.ok());
  EXPECT_FALSE(report->ok());
  EXPECT_EQ(report->checks[0].state, CheckState::kWrong);
  EXPECT_EQ(report->checks[0].detail, "c.json: ai.dim is 0");
  EXPECT_EQ(report->Count(CheckState::kSkipped), 4u);
}

TEST(DiagnoseTest, ARequestedStopEndsIt) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(Diagnose(Hashing(), {.stop = stop.get_token()}).status().code(),
            StatusCode::kCancelled);
}

TEST(DiagnoseTest, EveryStateHasAName) {
  EXPECT_STREQ(CheckStateName(CheckState::kOk), "ok");
  EXPECT_STREQ(CheckStateName(CheckState::kNote), "note");
  EXPECT_STREQ(CheckStateName(CheckState::kSkipped), "skipped");
  EXPECT_STREQ(CheckStateName(CheckState::kWrong), "wrong");
}

}  // namespace
}  // namespace vetor
