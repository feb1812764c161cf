// Jobs that go on, and folders that are refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bulk/bulk_fixture.h"

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ResumeTest : public BulkFixture {
 protected:
  EmbedFilesOptions PartOptions(Resume resume = Resume::kNo) const {
    EmbedFilesOptions options = Options();
    options.shard_rows = 1000;
    options.resume = resume;
    return options;
  }

  // The same rows in the same file, with the time that it had.
  void WriteAgain(const std::string& name, const std::string& bytes) const {
    const auto time = std::filesystem::last_write_time(folder_ / name);
    folder_.Write(name, bytes);
    std::filesystem::last_write_time(folder_ / name, time);
  }
};

TEST_F(ResumeTest, TwoJobsWriteTheSameBytes) {
  WriteRows("in/a.jsonl", 0, 4500);
  WriteRows("in/b.jsonl.gz", 5000, 4500);
  Run(PartOptions());
  EmbedFilesOptions again = PartOptions();
  again.output = folder_ / "again";
  again.inputs = {(folder_ / "in/b.jsonl.gz").string(), (folder_ / "in/a.jsonl").string()};
  Run(again);
  EXPECT_TRUE(FilesOf(folder_ / "out") == FilesOf(folder_ / "again"));
}

TEST_F(ResumeTest, WhatIsWholeStaysAndTheRestIsMade) {
  WriteRows("in/a.jsonl", 0, 4500);
  WriteRows("in/b.jsonl", 5000, 3000);
  Run(PartOptions());
  const auto whole = FilesOf(folder_ / "out");
  ASSERT_EQ(whole.size(), 16U);
  // A part in the middle, the last one, and a manifest.
  std::filesystem::remove(folder_ / "out/a.00002.jsonl");
  std::filesystem::remove(folder_ / "out/a.00005.manifest.json");
  std::filesystem::remove(folder_ / "out/b.00003.jsonl");
  std::filesystem::remove(folder_ / "out/b.00003.manifest.json");
  const EmbedFilesReport report = Run(PartOptions(Resume::kYes));
  EXPECT_EQ(report.outputs, 3U);
  EXPECT_EQ(report.finished_outputs, 5U);
  EXPECT_EQ(report.texts, 2500U);
  EXPECT_EQ(report.finished_texts, 5000U);
  EXPECT_TRUE(FilesOf(folder_ / "out") == whole);
  EXPECT_EQ(Run(PartOptions(Resume::kYes)).outputs, 0U);
}

TEST_F(ResumeTest, AnInputThatChangedIsEmbeddedAnew) {
  WriteRows("in/a.jsonl", 0, 4500);
  Run(PartOptions());
  WriteRows("in/a.jsonl", 100, 1500);
  const EmbedFilesReport report = Run(PartOptions(Resume::kYes));
  EXPECT_EQ(report.finished_outputs, 0U);
  EXPECT_EQ(report.outputs, 2U);
  // The parts that the input no longer has are gone.
  EXPECT_THAT(NamesOf(FilesOf(folder_ / "out")),
              ElementsAre("a.00001.jsonl", "a.00001.manifest.json", "a.00002.jsonl",
                          "a.00002.manifest.json"));
  WriteRows("in/a.jsonl", 7, 3);
  Run(PartOptions(Resume::kYes));
  EXPECT_THAT(NamesOf(FilesOf(folder_ / "out")), ElementsAre("a.jsonl", "a.manifest.json"));
}

TEST_F(ResumeTest, VerifyFindsAnInputThatKeptItsSizeAndTime) {
  const std::string bytes = BytesOf(WriteRows("in/a.jsonl", 0, 3500));
  Run(PartOptions());
  std::string other = bytes;
  other[other.find("GP de", other.size() / 2)] = 'K';
  WriteAgain("in/a.jsonl", other);
  EXPECT_EQ(Run(PartOptions(Resume::kYes)).outputs, 0U);
  const EmbedFilesReport report = Run(PartOptions(Resume::kVerify));
  EXPECT_EQ(report.outputs, 1U);
  EXPECT_EQ(report.finished_outputs, 3U);
  EXPECT_EQ(Run(PartOptions(Resume::kVerify)).outputs, 0U);
}

TEST_F(ResumeTest, AFolderWithOutputsIsRefusedWithoutResume) {
  WriteRows("in/a.jsonl", 0, 10);
  Run(Options());
  const Status status = ErrorOf(Options());
  EXPECT_EQ(status.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("holds 1 output of an earlier job; set option resume"));
}

TEST_F(ResumeTest, AnotherModelOrSettingIsRefusedByName) {
  WriteRows("in/a.jsonl", 0, 10);
  Run(Options());
  EmbedFilesOptions options = Options();
  options.resume = Resume::kYes;
  options.on_error = OnRowError::kNull;
  EXPECT_THAT(ErrorOf(options).message(),
              HasSubstr("option on_error \"fail\", and this job has \"null\""));
  options.on_error = OnRowError::kFail;
  options.shard_rows = 5;
  EXPECT_THAT(ErrorOf(options).message(), HasSubstr("option shard_rows \"0\""));
  options.shard_rows = 0;
  EmbeddingsConfig config = HashingConfig();
  config.dim = 8;
  auto other = *EmbeddingsService::Open(config);
  const Status model = EmbedFiles(other.get(), options).status();
  EXPECT_EQ(model.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(model.message(), HasSubstr("the model hashing-16, and this job has hashing-8"));
  config.dim = kDim;
  config.cache.name_space = "other";
  auto same_name = *EmbeddingsService::Open(config);
  EXPECT_THAT(EmbedFiles(same_name.get(), options).status().message(), HasSubstr("fingerprint"));
  EXPECT_EQ(Run(options).finished_outputs, 1U);
}

TEST_F(ResumeTest, AFileThatIsNotAManifestIsNeverTakenForOne) {
  WriteRows("in/a.jsonl", 0, 10);
  folder_.Write("out/a.manifest.json", "{\"rows\": 10}");
  const Status status = ErrorOf(Options());
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("a.manifest.json is not the manifest of a bulk job"));
}

TEST_F(ResumeTest, ASecondJobOnTheFolderIsRefused) {
  WriteRows("in/a.jsonl", 0, 10);
  EmbedFilesOptions options = Options();
  Status second;
  options.progress = [&](const EmbedFilesProgress&) {
    EmbedFilesOptions other = Options();
    second = ErrorOf(other);
  };
  Run(options);
  EXPECT_EQ(second.code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(second.message(), HasSubstr("another job works in"));
}

TEST_F(ResumeTest, AStopKeepsWhatIsWhole) {
  WriteRows("in/a.jsonl", 0, 30'000);
  EmbedFilesOptions options = PartOptions();
  std::stop_source stop;
  options.stop = stop.get_token();
  options.progress = [&stop](const EmbedFilesProgress& now) {
    if (now.texts > 15'000) stop.request_stop();
  };
  const Status status = ErrorOf(options);
  EXPECT_EQ(status.code(), StatusCode::kCancelled);
  EXPECT_THAT(status.message(), HasSubstr("interrupted after "));
  EmbedFilesOptions undisturbed = PartOptions();
  undisturbed.output = folder_ / "undisturbed";
  Run(undisturbed);
  Run(PartOptions(Resume::kYes));
  EXPECT_TRUE(FilesOf(folder_ / "out") == FilesOf(folder_ / "undisturbed"));
}

}  // namespace
}  // namespace vetor
