// vetor embed into a folder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/folder_fixture.h"
#include "tests/cli/spawned_command.h"
#include "tests/support/under_sanitizer.h"

namespace vetor::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class BulkEmbedTest : public FolderFixture {
 protected:
  void WriteRows(const std::string& name, size_t first, size_t rows) const {
    std::string lines;
    for (size_t row = first; row < first + rows; ++row) {
      lines += "{\"id\":" + std::to_string(row) + ",\"name\":\"GP de São Paulo " +
               std::to_string(row % 5000) + "\"}\n";
    }
    std::filesystem::create_directories(Path("in"));
    WriteFile(name, lines);
  }

  CommandResult Embed(std::vector<std::string> more) const {
    std::vector<std::string> arguments = {"embed",      "--input", Path("in/*.jsonl"),
                                          "--field",    "name",    "--output",
                                          Path("out/"), "--dim",   "8"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunVetor(arguments);
  }
};

TEST_F(BulkEmbedTest, AFolderTakesAnOutputAndAManifestForEachInput) {
  WriteRows("in/a.jsonl", 0, 30);
  WriteRows("in/b.jsonl", 30, 5);
  const auto result = Embed({"--id-field", "id", "--into", "vector", "--stats", Path("stats")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("vetor embed: 35 texts"));
  EXPECT_THAT(result.err, HasSubstr("2 outputs in " + Path("out/") + "\n"));
  const auto lines = ParseLines(ReadBytes(Path("out/b.jsonl")));
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[0].at("id"), 30);
  EXPECT_EQ(lines[0].at("vector").as_array().size(), 8U);
  EXPECT_EQ(ParseLines(ReadBytes(Path("stats")))[0].at("outputs"), 2);
}

TEST_F(BulkEmbedTest, ResumeSaysWhatWasFinishedBefore) {
  WriteRows("in/a.jsonl", 0, 30);
  EXPECT_EQ(Embed({"--quiet"}).exit_code, 0);
  const auto refused = Embed({});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("set --resume to go on behind them"));
  WriteRows("in/b.jsonl", 30, 5);
  const auto resumed = Embed({"--resume"});
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr("vetor embed: 5 texts"));
  EXPECT_THAT(resumed.err, HasSubstr("1 output in " + Path("out/") +
                                     "; 1 output with 30 texts was finished before\n"));
  EXPECT_EQ(Embed({"--resume=verify"}).exit_code, 0);
  const auto other = Embed({"--resume", "--shard-rows", "7"});
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(other.err, HasSubstr("was written with --shard-rows \"0\", and this job has \"7\""));
}

TEST_F(BulkEmbedTest, NullIsCountedInTheSummary) {
  WriteRows("in/a.jsonl", 0, 3);
  WriteFile("in/b.jsonl", "{\"name\":\"one\"}\n{\"name\":\"S\xE3o\"}\n");
  const auto failed = Embed({});
  EXPECT_EQ(failed.exit_code, 2);
  EXPECT_THAT(failed.err,
              AllOf(HasSubstr("b.jsonl:2: byte 11 of the line is 0xE3"),
                    HasSubstr("set --replace-invalid"), HasSubstr("1 output is whole in")));
  const auto result = RunVetor({"embed", "-i", Path("in/*"), "--field", "name", "-o", Path("null/"),
                                "--on-error", "null", "--format", "npy"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("1 text could not be embedded, and its vector is null"));
}

TEST_F(BulkEmbedTest, WhatNeedsAFolderSaysSo) {
  WriteRows("in/a.jsonl", 0, 3);
  for (const std::vector<std::string>& flags :
       std::vector<std::vector<std::string>>{{"--shard-rows", "5"},
                                             {"--output-dtype", "float16"},
                                             {"--on-error", "null"},
                                             {"--resume"},
                                             {"--format", "jsonl.zst"}}) {
    std::vector<std::string> arguments = {"embed", "-i", Path("in/a.jsonl"), "-o", Path("a")};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const auto result = RunVetor(arguments);
    EXPECT_EQ(result.exit_code, 2) << flags[0];
    EXPECT_THAT(result.err, AllOf(HasSubstr(flags[0]), HasSubstr("end")));
  }
  const auto pattern = RunVetor({"embed", "-i", Path("in/*.jsonl"), "-o", Path("a")});
  EXPECT_EQ(pattern.exit_code, 2);
  EXPECT_THAT(pattern.err, HasSubstr("is a pattern, and its files need a folder"));
  const auto stream = RunVetor({"embed", "-o", Path("out/")}, "one\n");
  EXPECT_EQ(stream.exit_code, 2);
  EXPECT_THAT(stream.err, HasSubstr("standard input has no name"));
  EXPECT_FALSE(std::filesystem::exists(Path("out")));
}

TEST_F(BulkEmbedTest, MemoryDoesNotGrowWithTheInput) {
  if (testing::kUnderSanitizer) GTEST_SKIP() << "a sanitizer keeps memory of its own";
  WriteRows("in/a.jsonl", 0, 25'000);
  const auto small = Embed({"--format", "npy", "--quiet"});
  EXPECT_EQ(small.exit_code, 0) << small.err;
  WriteRows("in/a.jsonl", 0, 100'000);
  const auto large = Embed({"--format", "npy", "--quiet", "--resume"});
  EXPECT_EQ(large.exit_code, 0) << large.err;
  EXPECT_LT(large.peak_kilobytes, small.peak_kilobytes + 6'000);
}

}  // namespace
}  // namespace vetor::cli
