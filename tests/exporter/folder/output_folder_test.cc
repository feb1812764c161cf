#include "exporter/folder/output_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "base/base64.h"
#include "base/digest.h"
#include "base/json.h"
#include "exporter/folder/model_files.h"
#include "exporter/folder/probe_texts.h"
#include "os/file.h"
#include "os/json_file.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Files(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) names.push_back(fs::relative(entry.path(), folder).string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class OutputFolderTest : public ::testing::Test {
 protected:
  OutputFolderTest() {
    folder_.CopyModel("tiny-bert", "in");
    folder_.Write("in/model.safetensors", "weights");
    folder_.Write("in/README.md", "about");
    folder_.Write("in/evil.py", "import os");
    options_.source = folder_ / "in";
    options_.destination = folder_ / "out";
  }
  TemporaryFolder folder_;
  OutputFolderOptions options_;
};

ExportRecord Record(const std::string& graph) {
  ExportRecord record{.source = "org/name", .revision = "abc", .family = "bert", .opset = 12};
  std::vector<std::vector<float>> vectors(ProbeTexts().size(), {0.25F, -1});
  record.graphs[graph] = {"int8", vectors};
  return record;
}

TEST_F(OutputFolderTest, EverythingButWeightsAndCodeArrivesWithARecord) {
  auto folder = OutputFolder::Create(options_);
  ASSERT_TRUE(folder.ok()) << folder.status().ToString();
  ASSERT_TRUE(WriteModelFile(folder->GraphPath("int8"), "graph").ok());
  std::vector<std::string> warnings;
  const Status added = folder->AddSourceFiles(48, &warnings);
  ASSERT_TRUE(added.ok()) << added.ToString();
  ASSERT_TRUE(folder->AddRecord(Record(folder->GraphName("int8"))).ok());
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  ASSERT_TRUE(folder->Commit().ok());
  EXPECT_THAT(warnings, IsEmpty());
  EXPECT_THAT(Files(folder_ / "out"),
              ElementsAre("1_Pooling/config.json", "README.md", "config.json",
                          "config_sentence_transformers.json", "model_quantized.onnx",
                          "modules.json", "sentence_bert_config.json", "special_tokens_map.json",
                          "tokenizer.json", "tokenizer_config.json", "vetor_model.json"));
  const json::value record = ReadJsonFile(folder_ / "out/vetor_model.json").value();
  EXPECT_EQ(record.at("format"), 1);
  EXPECT_EQ(record.at("source"), "org/name");
  EXPECT_EQ(record.at("files").as_object().size(), 10U);
  EXPECT_EQ(record.at("files").at("model_quantized.onnx").at("bytes"), 5);
  EXPECT_EQ(record.at("files").at("model_quantized.onnx").at("sha256"),
            Hex(Sha256("graph")).c_str());
  EXPECT_EQ(record.at("probes").at("texts").as_array().size(), 8U);
  const json::value& vectors =
      record.at("probes").at("graphs").at("model_quantized.onnx").at("vectors");
  EXPECT_EQ(vectors.at(7), EncodeBase64(std::string_view("\0\0\x80\x3e\0\0\x80\xbf", 8)).c_str());
}

// Guards against an export that stopped at a file that nothing reads.
TEST_F(OutputFolderTest, WhatNothingReadsMayBeEmpty) {
  for (const char* name : {"README.md", "LICENSE", "NOTICE"}) {
    folder_.Write(std::string("in/") + name, "");
  }
  auto folder = OutputFolder::Create(options_);
  ASSERT_TRUE(folder.ok()) << folder.status().ToString();
  std::vector<std::string> warnings;
  const Status added = folder->AddSourceFiles(48, &warnings);
  ASSERT_TRUE(added.ok()) << added.ToString();
  EXPECT_EQ(fs::file_size(folder->path() / "LICENSE"), 0U);
}

// Each file that is read or copied is replaced by a link to a file outside; none of them arrives.
TEST_F(OutputFolderTest, NoFileOfTheSourceMayBeALinkOutOfIt) {
  folder_.CopyModel("tiny-bert", "elsewhere");
  for (const std::string name :
       {"README.md", "LICENSE", "NOTICE", "config.json", "config_sentence_transformers.json",
        "modules.json", "1_Pooling/config.json", "tokenizer.json", "vocab.txt", "merges.txt",
        "added_tokens.json", "chat_template.jinja", "tokenizer_config.json",
        "special_tokens_map.json", "sentence_bert_config.json", "spiece.model"}) {
    SCOPED_TRACE(name);
    const fs::path outside = folder_ / ("elsewhere/" + name);
    if (!fs::exists(outside)) folder_.Write("elsewhere/" + name, "{}");
    const fs::path inside = folder_ / ("in/" + name);
    const fs::path kept = folder_ / "kept";
    const bool replaced = fs::exists(inside);
    if (replaced) fs::rename(inside, kept);
    fs::create_symlink(outside, inside);
    auto folder = OutputFolder::Create(options_);
    ASSERT_TRUE(folder.ok());
    std::vector<std::string> warnings;
    const Status added = folder->AddSourceFiles(48, &warnings);
    EXPECT_EQ(added.code(), StatusCode::kInvalidArgument) << added.ToString();
    EXPECT_THAT(added.message(), HasSubstr(outside.string()));
    fs::remove(inside);
    if (replaced) fs::rename(kept, inside);
  }
}

TEST_F(OutputFolderTest, EachPrecisionHasItsFileName) {
  EXPECT_EQ(OutputFolder::Create(options_)->GraphName("fp32"), "model.onnx");
  EXPECT_EQ(OutputFolder::Create(options_)->GraphName("fp16"), "model_fp16.onnx");
  options_.layout = ExportLayout::kHub;
  auto hub = OutputFolder::Create(options_);
  ASSERT_TRUE(hub.ok());
  EXPECT_EQ(hub->GraphName("int8"), "onnx/model_quantized.onnx");
  EXPECT_TRUE(fs::is_directory(hub->GraphPath("int8").parent_path()));
}

TEST_F(OutputFolderTest, AnErrorHalfWayLeavesNothing) {
  fs::remove(folder_ / "in/tokenizer.json");
  {
    auto folder = OutputFolder::Create(options_);
    ASSERT_TRUE(folder.ok());
    ASSERT_TRUE(WriteModelFile(folder->GraphPath("fp32"), "graph").ok());
    std::vector<std::string> warnings;
    EXPECT_EQ(folder->AddSourceFiles(48, &warnings).code(), StatusCode::kNotFound);
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1);  // "in"
}

TEST_F(OutputFolderTest, OnlyAModelIsReplacedAndNeverTheSource) {
  folder_.Write("out/letter.txt", "mine");
  EXPECT_THAT(OutputFolder::Create(options_).status().message(), HasSubstr("(option overwrite)"));
  options_.overwrite = true;
  const auto refused = OutputFolder::Create(options_);
  EXPECT_EQ(refused.status().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.status().message(), HasSubstr("holds no ONNX model"));
  folder_.Write("out/model.onnx", "graph");
  auto replacing = OutputFolder::Create(options_);
  ASSERT_TRUE(replacing.ok()) << replacing.status().ToString();
  ASSERT_TRUE(replacing->Commit().ok());
  EXPECT_THAT(Files(folder_ / "out"), IsEmpty());
  for (const fs::path& destination : {folder_ / "in", folder_.path(), folder_ / "in/../in/."}) {
    options_.destination = destination;
    EXPECT_EQ(OutputFolder::Create(options_).status().code(), StatusCode::kInvalidArgument)
        << destination;
  }
  options_.destination = folder_ / "in/onnx-export";
  EXPECT_TRUE(OutputFolder::Create(options_).ok());
}

constexpr int kSteps = 4;

// Runs a whole export and kills its own process after `steps` steps. If there are no more steps, it
// ends after at most kSteps.
Status Export(const OutputFolderOptions& options, int steps, bool kill) {
  auto folder = OutputFolder::Create(options);
  std::vector<std::string> warnings;
  Status status = folder.status();
  for (int step = 0; step < steps && status.ok(); ++step) {
    if (step == 0) {
      status = WriteModelFile(folder->GraphPath("int8"), std::string(3 << 20, 'x'));
    } else if (step == 1) {
      status = folder->AddSourceFiles(48, &warnings);
    } else if (step == 2) {
      status = folder->AddRecord(Record(folder->GraphName("int8")));
    } else {
      status = folder->Commit();
    }
  }
  if (kill && status.ok()) ::kill(::getpid(), SIGKILL);
  return status;
}

TEST_F(OutputFolderTest, KilledAnywhereItIsWholeOrAbsent) {
  for (int steps = 0; steps <= kSteps; ++steps) {
    const pid_t child = ::fork();
    if (child == 0) {
      (void)Export(options_, steps, true);
      ::_exit(1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << steps;
    EXPECT_EQ(fs::exists(folder_ / "out"), steps == kSteps) << steps;
  }
  EXPECT_EQ(Files(folder_ / "out").size(), 11U);
  // Each export removed what the one before it left.
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 2);
}

// The disk is full (by a bound on file sizes) while the graph is written, and while a small file
// is.
TEST_F(OutputFolderTest, AFullDiskLeavesNothing) {
  for (const rlim_t bytes : {rlim_t{1} << 20, rlim_t{100}}) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{.rlim_cur = bytes, .rlim_max = bytes};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      const Status status = Export(options_, kSteps, false);
      ::_exit(status.code() == StatusCode::kResourceExhausted ? 28 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 28) << status;
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1);
  }
}

TEST_F(OutputFolderTest, ARecordThatLacksVectorsIsABug) {
  ExportRecord record = Record("model.onnx");
  record.graphs["model.onnx"].vectors.pop_back();
  auto folder = OutputFolder::Create(options_);
  ASSERT_TRUE(folder.ok());
  EXPECT_EQ(folder->AddRecord(record).code(), StatusCode::kInternal);
}

}  // namespace
}  // namespace vetor
