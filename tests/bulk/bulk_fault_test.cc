// Bulk jobs that are killed at any moment, and that run out of disk: docs/faults.md, rows 54
// and 55.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "bulk/bulk_fixture.h"
#include "cache/child_process.h"
#include "cache/scoped_mount.h"

namespace vetor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class BulkFaultTest : public BulkFixture {
 protected:
  // `make nightly` asks for more.
  static int Kills() {
    const char* wanted = std::getenv("VETOR_BULK_KILLS");
    return wanted != nullptr ? std::atoi(wanted) : 8;
  }

  std::vector<std::string> Job(const std::string& output, const char* format) const {
    return {VETOR_BULK_JOB_PROCESS, (folder_ / "in").string(), (folder_ / output).string(), format,
            "700"};
  }

  void KillAtRandomMoments(const char* format, int kills, std::mt19937_64* random) {
    const std::string undisturbed = std::string("whole-") + format;
    uint64_t lines = 0;
    {
      ChildProcess job(Job(undisturbed, format));
      while (!job.ReadLine().empty()) ++lines;
      ASSERT_EQ(job.Wait(), 0);
    }
    const auto whole = FilesOf(folder_ / undisturbed);
    for (int round = 0; round < kills; ++round) {
      const std::string output = std::string(format) + std::to_string(round);
      // One job in three is killed twice, the second time while it resumes.
      const int deaths = 1 + static_cast<int>(round % 3 == 0);
      for (int death = 0; death < deaths; ++death) {
        ChildProcess job(Job(output, format));
        for (uint64_t line = (*random)() % lines; line > 0; --line) job.ReadLine();
        job.Kill();
        job.Wait();
      }
      ChildProcess job(Job(output, format));
      job.ReadRest();
      ASSERT_EQ(job.Wait(), 0);
      EXPECT_TRUE(FilesOf(folder_ / output) == whole) << output;
      std::filesystem::remove_all(folder_ / output);
    }
  }
};

TEST_F(BulkFaultTest, Row38AJobKilledAtAnyMomentResumesToTheSameBytes) {
  WriteRows("in/a.jsonl", 0, 9000);
  WriteRows("in/b.jsonl.zst", 10'000, 6500);
  WriteRows("in/c.jsonl.gz", 20'000, 600);
  std::mt19937_64 random(38);
  for (const char* format : {"npy", "jsonl.zst"}) {
    KillAtRandomMoments(format, Kills() / 2, &random);
  }
}

TEST_F(BulkFaultTest, Row39AFullDiskLosesNoOutputThatIsWhole) {
  const std::string why = WhyNoMounts();
  if (!why.empty()) GTEST_SKIP() << why;
  WriteRows("in/a.jsonl", 0, 5000);
  WriteRows("in/b.jsonl", 5000, 5000);
  EmbedFilesOptions options = NpyOptions();
  options.output = folder_ / "whole";
  Run(options);
  options.output = folder_ / "disk";
  std::filesystem::create_directories(options.output);
  // 5,000 vectors are 320 kB, and the second ones have no room beside what lies there.
  const ScopedMount disk = ScopedMount::Tmpfs(options.output, 1 << 20);
  ASSERT_TRUE(disk.ok());
  const std::filesystem::path ballast = folder_.Write("disk/ballast", std::string(500'000, 'x'));
  const Status status = ErrorOf(options);
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("b.npy"));
  EXPECT_THAT(status.message(), HasSubstr("No space left on device"));
  EXPECT_THAT(status.message(), HasSubstr("make room and run the job again with option resume"));
  EXPECT_THAT(status.message(), HasSubstr("1 output is whole in"));
  EXPECT_THAT(NamesOf(FilesOf(options.output)), ElementsAre("a.manifest.json", "a.npy", "ballast"));
  std::filesystem::remove(ballast);
  options.resume = Resume::kYes;
  const EmbedFilesReport report = Run(options);
  EXPECT_EQ(report.finished_outputs, 1U);
  EXPECT_EQ(report.outputs, 1U);
  EXPECT_TRUE(FilesOf(options.output) == FilesOf(folder_ / "whole"));
}

}  // namespace
}  // namespace vetor
