// vetor doctor opens a model once, whatever it finds. The test counts what the log says was opened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/precision_check.h"
#include "os/log.h"
#include "tests/support/known_graph.h"
#include "tests/support/scoped_variable.h"
#include "tests/support/temporary_folder.h"
#include "vetor/doctor.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<std::string>* lines = nullptr;

class DoctorOpeningsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    lines = &lines_;
    folder_.CopyModel("tiny-bert", "m");
    loaded_.config = testing::TinyConfig();
    loaded_.config.model.path = (folder_ / "m").string();
    SetLogLevel(LogLevel::kDebug);
    SetLogSink([](LogLevel, std::string_view message) { lines->emplace_back(message); });
  }
  void TearDown() override {
    SetLogSink(nullptr);
    SetLogLevel(LogLevel::kWarning);
  }

  // The checks by name.
  std::map<std::string, DoctorCheck> Diagnosis(const DoctorOptions& options = {}) {
    lines_.clear();
    std::map<std::string, DoctorCheck> found;
    const auto report = Diagnose(loaded_, options);
    EXPECT_TRUE(report.ok()) << report.status().ToString();
    if (!report.ok()) return found;
    for (const DoctorCheck& check : report->checks) found[check.name] = check;
    return found;
  }
  size_t Opened(std::string_view what) const {
    return static_cast<size_t>(std::count_if(
        lines_.begin(), lines_.end(),
        [what](const std::string& line) { return line.starts_with(std::string(what) + ": "); }));
  }
  void Remove(const char* name) { fs::remove(folder_ / "m" / name); }
  void Write(const char* name, std::string_view text) {
    std::ofstream(folder_ / "m" / name) << text;
  }

  TemporaryFolder folder_;
  LoadedConfig loaded_;
  std::vector<std::string> lines_;
};

// Folder, tokenizer and graph were opened for the checks, and once more for the vectors.
TEST_F(DoctorOpeningsTest, AGraphIsOpenedOnce) {
  loaded_.config.model.runtime = Runtime::kOnnxRuntime;
  auto found = Diagnosis();
  EXPECT_THAT(found["providers"].detail, HasSubstr("usable: CPUExecutionProvider"));
  EXPECT_THAT(found["sample texts"].detail, HasSubstr("4 texts in 4 languages, 32 components"));
  EXPECT_EQ(Opened("model folder read"), 1U);
  EXPECT_EQ(Opened("tokenizer read"), 1U);
  EXPECT_EQ(Opened("session started"), 1U);
}

TEST_F(DoctorOpeningsTest, ACheckpointIsOpenedOnce) {
  for (const char* graph : {"model.onnx", "model_fp16.onnx", "model_quantized.onnx"}) Remove(graph);
  auto found = Diagnosis();
  EXPECT_THAT(found["model"].detail, HasSubstr("checkpoint, weights in fp32, "));
  EXPECT_THAT(found["runtime"].detail, HasSubstr("native ("));
  EXPECT_THAT(found["sample texts"].detail, HasSubstr("4 texts in 4 languages, 32 components"));
  EXPECT_EQ(Opened("model folder read"), 1U);
  EXPECT_EQ(Opened("tokenizer read"), 1U);
  EXPECT_EQ(Opened("weights packed"), 1U);
}

// A graph that vetor's own kernels know, beside recorded vectors that `turn` moves.
class DoctorRuntimeTest : public DoctorOpeningsTest {
 protected:
  void SetUp() override {
    VETOR_SKIP_WITHOUT(testing::TestRuntime());
    DoctorOpeningsTest::SetUp();
    std::filesystem::remove_all(folder_ / "m");
    testing::PutKnownGraph(folder_);
  }
};

TEST_F(DoctorRuntimeTest, KernelsThatAgreeAreReported) {
  testing::RecordVectors(loaded_.config, 0);
  auto found = Diagnosis();
  EXPECT_EQ(found["runtime"].state, CheckState::kOk);
  EXPECT_THAT(found["runtime"].detail, StartsWith("native ("));
  EXPECT_EQ(Opened("weights packed"), 1U);
  EXPECT_EQ(Opened("session started"), 0U);
}

TEST_F(DoctorRuntimeTest, Bf16WithoutAnInstructionBringsNoSpeed) {
  loaded_.config.model.precision = Precision::kBf16;
  const testing::ScopedVariable set("VETOR_CPU", "portable");
  auto found = Diagnosis();
  EXPECT_EQ(found["runtime"].state, CheckState::kNote);
  EXPECT_THAT(found["runtime"].detail, HasSubstr("bf16 brings no speed with portable"));
  EXPECT_THAT(found["runtime"].remedy, HasSubstr("ai.onnx.precision"));
}

// Called by itself, because the vectors of random weights say nothing, so that doctor measures no
// speed.
TEST_F(DoctorRuntimeTest, OtherPrecisionsAreMeasured) {
  EXPECT_EQ(Diagnosis().count("precisions"), 0U);
  EXPECT_EQ(Diagnosis({.compare_precisions = true})["precisions"].state, CheckState::kSkipped);
  const auto service = EmbeddingsService::Open(loaded_.config);
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  const DoctorCheck check = CheckPrecisions(loaded_.config, {}, service->get());
  EXPECT_EQ(check.state, CheckState::kOk);
  EXPECT_THAT(check.detail,
              AllOf(StartsWith("bf16: "), HasSubstr("tokens/s on native ("),
                    HasSubstr("tokens/s of fp32 on native ("),
                    HasSubstr("\nint8: not measured, because no model of precision \"int8\"")));
}

// Guards against a report of what was started and did not stay: "native (avx512)" while a service
// runs on ONNX Runtime.
TEST_F(DoctorRuntimeTest, KernelsThatDisagreeAreReplacedInTheReportAsInAService) {
  testing::RecordVectors(loaded_.config, 1e-3F);
  const auto service = EmbeddingsService::Open(loaded_.config);
  ASSERT_TRUE(service.ok()) << service.status().ToString();
  const std::string active = (*service)->active_runtime();
  ASSERT_THAT(active, StartsWith("onnxruntime "));
  auto found = Diagnosis();
  const DoctorCheck& runtime = found["runtime"];
  EXPECT_EQ(runtime.state, CheckState::kNote);
  EXPECT_THAT(runtime.detail, AllOf(StartsWith(active + ", CPUExecutionProvider\n"),
                                    HasSubstr("not vetor's own kernels: native ("),
                                    HasSubstr("other vectors than vetor_model.json records")));
  EXPECT_THAT(runtime.remedy, HasSubstr("report it"));
  EXPECT_EQ((*service)->runtime_reason(),
            runtime.detail.substr(runtime.detail.find("native (")) + "; " + runtime.remedy);
  EXPECT_THAT(found["sample texts"].detail, HasSubstr("4 texts in 4 languages, 32 components"));
  EXPECT_EQ(Opened("weights packed"), 1U);
  EXPECT_EQ(Opened("session started"), 1U);
}

TEST_F(DoctorRuntimeTest, KernelsThatDisagreeAndMustRunAreWrong) {
  testing::RecordVectors(loaded_.config, 1e-3F);
  loaded_.config.model.runtime = Runtime::kNative;
  auto found = Diagnosis();
  EXPECT_EQ(found["runtime"].state, CheckState::kWrong);
  EXPECT_THAT(found["runtime"].detail, HasSubstr("other vectors than vetor_model.json records"));
  EXPECT_EQ(found["sample texts"].state, CheckState::kSkipped);
  EXPECT_THAT(found["sample texts"].detail, HasSubstr("the model does not start"));
}

// Guards against "no ONNX Runtime" without the reason why a model that did without needs it.
TEST_F(DoctorRuntimeTest, WhyOnnxRuntimeIsMissedIsSaid) {
  testing::RecordVectors(loaded_.config, 1e-3F);
  loaded_.config.onnx.library_path = "/nowhere/libonnxruntime.so";
  auto found = Diagnosis();
  EXPECT_EQ(found["runtime"].state, CheckState::kWrong);
  EXPECT_THAT(found["runtime"].detail,
              AllOf(HasSubstr("other vectors than vetor_model.json records"),
                    HasSubstr("/nowhere/libonnxruntime.so")));
}

// If a step fails, the next ones are checked all the same.
TEST_F(DoctorOpeningsTest, WithoutATokenizerTheGraphIsStillStarted) {
  loaded_.config.model.runtime = Runtime::kOnnxRuntime;
  Write("tokenizer.json", R"({"model":{"type":"Strange"}})");
  auto found = Diagnosis();
  EXPECT_EQ(found["tokenizer"].state, CheckState::kWrong);
  EXPECT_EQ(found["pooling"].state, CheckState::kOk);
  EXPECT_EQ(found["maximum length"].state, CheckState::kOk);
  EXPECT_THAT(found["providers"].detail, HasSubstr("usable: CPUExecutionProvider"));
  EXPECT_THAT(found["sample texts"].detail, HasSubstr("the model does not start"));
  EXPECT_EQ(found["speed"].state, CheckState::kSkipped);
  EXPECT_EQ(Opened("model folder read"), 1U);
  EXPECT_EQ(Opened("session started"), 1U);
}

// The last step fails as it does for a service, with the same message.
TEST_F(DoctorOpeningsTest, WhatTheLastStepRefusesIsSaidOfTheProbeTexts) {
  loaded_.config.model.runtime = Runtime::kOnnxRuntime;
  loaded_.config.model.prompt_name = "none";
  auto found = Diagnosis();
  EXPECT_THAT(found["providers"].detail, HasSubstr("usable: CPUExecutionProvider"));
  EXPECT_EQ(found["sample texts"].state, CheckState::kWrong);
  EXPECT_THAT(found["sample texts"].detail, HasSubstr("prompt_name \"none\" is not in "));
  EXPECT_EQ(found["speed"].detail, "not checked: no vectors can be made");
  EXPECT_EQ(Opened("session started"), 1U);
}

// Otherwise the report would be about other files than those that are measured.
TEST_F(DoctorOpeningsTest, FilesThatChangeBetweenTheStepsAreSaid) {
  auto found = Diagnosis({.on_check = [this](const DoctorCheck& check) {
    if (check.name == "tokenizer") Write("tokenizer_config.json", "{}");
  }});
  EXPECT_EQ(found["sample texts"].state, CheckState::kWrong);
  EXPECT_THAT(found["sample texts"].detail, HasSubstr("changed while they were read"));
  EXPECT_THAT(found["sample texts"].remedy, HasSubstr("run vetor doctor again"));
}

}  // namespace
}  // namespace vetor
