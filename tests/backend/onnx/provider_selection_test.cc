// Replays recorded answers of runtimes that are not on this machine.
#include "backend/onnx/provider_selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Names = std::vector<std::string>;

const Names kCpuBuild = {"CPUExecutionProvider"};
const Names kGpuBuild = {"TensorrtExecutionProvider", "CUDAExecutionProvider",
                         "CPUExecutionProvider"};
const Names kMacBuild = {"CoreMLExecutionProvider", "CPUExecutionProvider"};
const Names kWindowsBuild = {"DmlExecutionProvider", "CPUExecutionProvider"};

Names Attempts(const Names& requested, const Names& offered) {
  const auto plan = PlanProviders(requested, offered);
  Names names;
  if (!plan.ok()) return {plan.status().message()};
  for (const ProviderAttempt& attempt : plan->attempts) {
    names.push_back(attempt.provider + (attempt.cpu_may_help ? "+cpu" : ""));
  }
  return names;
}

TEST(ProviderSelectionTest, OrderIsTheCallersAndSpellingIsFree) {
  EXPECT_THAT(Attempts({"cuda", "CPU"}, kGpuBuild),
              ElementsAre("CUDAExecutionProvider+cpu", "CPUExecutionProvider"));
  EXPECT_THAT(Attempts({"CPUExecutionProvider", "cudaexecutionprovider"}, kGpuBuild),
              ElementsAre("CPUExecutionProvider", "CUDAExecutionProvider+cpu"));
  EXPECT_THAT(Attempts({"CoreML", "cpu"}, kMacBuild),
              ElementsAre("CoreMLExecutionProvider+cpu", "CPUExecutionProvider"));
  EXPECT_THAT(Attempts({"dml", "cpu", "DML"}, kWindowsBuild),
              ElementsAre("DmlExecutionProvider+cpu", "CPUExecutionProvider"));
  EXPECT_THAT(Attempts({}, kCpuBuild), ElementsAre("CPUExecutionProvider"));
}

TEST(ProviderSelectionTest, WithoutTheCpuInTheListNoNodeRunsOnTheCpu) {
  EXPECT_THAT(Attempts({"cuda"}, kGpuBuild), ElementsAre("CUDAExecutionProvider"));
}

// docs/faults.md, row 22: a provider is missing.
TEST(ProviderSelectionTest, Row22AMissingProviderIsPassedOverWithAReasonOrRefused) {
  const auto plan = PlanProviders(Names{"cuda", "cpu"}, kCpuBuild);
  ASSERT_TRUE(plan.ok());
  EXPECT_THAT(plan->attempts, ::testing::SizeIs(1));
  EXPECT_THAT(plan->skipped,
              ElementsAre("CUDAExecutionProvider: not in this build of ONNX Runtime"));
  const auto none = PlanProviders(Names{"cuda", "coreml"}, kCpuBuild);
  EXPECT_EQ(none.status().code(), StatusCode::kNotFound);
  EXPECT_THAT(none.status().message(), HasSubstr("this library has CPUExecutionProvider"));
}

TEST(ProviderSelectionTest, AnUnknownNameIsAnErrorThatNamesIt) {
  const auto plan = PlanProviders(Names{"cudda"}, kGpuBuild);
  EXPECT_EQ(plan.status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(plan.status().message(), HasSubstr("\"cudda\""));
}

TEST(ProviderSelectionTest, TheReportSaysWhatRanWhere) {
  EXPECT_EQ(DescribeAssignment(std::vector<ProviderNodes>{{"CPUExecutionProvider", 300}},
                               "CPUExecutionProvider"),
            "CPUExecutionProvider");
  EXPECT_EQ(DescribeAssignment(std::vector<ProviderNodes>{{"CUDAExecutionProvider", 300},
                                                          {"CPUExecutionProvider", 10},
                                                          {"CUDAExecutionProvider", 88},
                                                          {"CPUExecutionProvider", 2}},
                               "CUDAExecutionProvider"),
            "CUDAExecutionProvider (12 of 400 nodes on CPUExecutionProvider)");
  // CoreML was asked for but got no node; the CPU ran them all.
  EXPECT_EQ(DescribeAssignment(std::vector<ProviderNodes>{{"CPUExecutionProvider", 300}},
                               "CoreMLExecutionProvider"),
            "CPUExecutionProvider");
  EXPECT_EQ(DescribeAssignment({}, "CPUExecutionProvider"), "CPUExecutionProvider");
}

}  // namespace
}  // namespace vetor
