// Tests pipes, signals and full disks around a long embed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/cli/folder_fixture.h"
#include "tests/cli/spawned_command.h"

namespace vetor::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StreamsTest : public FolderFixture {};

std::string ManyLines(size_t count) {
  std::string lines;
  for (size_t i = 0; i < count; ++i) lines += "round " + std::to_string(i) + " of the season\n";
  return lines;
}

TEST_F(StreamsTest, InterruptLeavesNoFile) {
  ::signal(SIGHUP, SIG_DFL);  // Under nohup the tests ignore it, and then the command would, too.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    RunningVetor command({"embed", "--dim", "16", "-o", Path("a.npy")});
    // This is far more than a pipe holds. When all is taken, the command is at work.
    ASSERT_TRUE(command.WriteInput(ManyLines(30'000)));
    EXPECT_EQ(FilesInFolder(), 1U) << "the unfinished file";
    command.Signal(signal);
    const auto result = command.Wait();
    EXPECT_EQ(result.exit_code, 1) << result.err;
    EXPECT_THAT(result.err, HasSubstr("vetor embed: interrupted"));
    EXPECT_THAT(result.err, HasSubstr("a.npy was not written"));
    EXPECT_THAT(result.err, Not(HasSubstr("their vectors are in"))) << "the cache is off";
    EXPECT_EQ(FilesInFolder(), 0U);
  }
}

// Vectors that were embedded before the signal were lost, and the next run began anew.
TEST_F(StreamsTest, InterruptKeepsWhatWasEmbeddedInTheCache) {
  RunningVetor command({"embed", "--dim", "16", "--cache-enabled", "--cache-dir", Path("cache"),
                        "-o", Path("a.npy")});
  // At least the first chunk is embedded by then.
  ASSERT_TRUE(command.WriteInput(ManyLines(30'000)));
  command.Signal(SIGTERM);
  const auto result = command.Wait();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("texts; their vectors are in " + Path("cache") +
                                    ", and the same command continues from there"));
  const auto stats = RunVetor({"cache", "stats", "--dir", Path("cache"), "--json"});
  ASSERT_EQ(stats.exit_code, 0) << stats.err;
  EXPECT_GE(ParseLines(stats.out).at(0).at("entries").as_int64(), 8'192);
}

TEST_F(StreamsTest, AnInterruptedBenchmarkSaysSo) {
  RunningVetor command({"bench", "--engine", "hashing", "--repeat", "1000", "-i", "-"});
  ASSERT_TRUE(command.WriteInput(ManyLines(30'000)));
  command.CloseInput();
  command.Signal(SIGTERM);
  const auto result = command.Wait();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("vetor bench: interrupted"));
}

TEST_F(StreamsTest, InterruptKeepsTheOldFile) {
  WriteFile("a.npy", "old");
  RunningVetor command({"embed", "--dim", "16", "-o", Path("a.npy")});
  ASSERT_TRUE(command.WriteInput(ManyLines(30'000)));
  command.Signal(SIGINT);
  EXPECT_EQ(command.Wait().exit_code, 1);
  EXPECT_EQ(ReadBytes(Path("a.npy")), "old");
  EXPECT_EQ(FilesInFolder(), 1U);
}

TEST_F(StreamsTest, ASecondSignalEndsEvenABlockedCommand) {
  RunningVetor command({"embed", "--dim", "256"});
  // A chunk and a little more, which the pipe holds.
  ASSERT_TRUE(command.WriteInput(ManyLines(9'000)));
  // The command writes its first chunk, 40 times what a pipe holds, to a reader that has stopped
  // reading.
  ASSERT_NE(command.ReadOutput(1), "");
  command.Signal(SIGINT);
  command.Signal(SIGTERM);
  command.CloseInput();
  EXPECT_EQ(command.Wait().exit_code, 1);
}

TEST_F(StreamsTest, ABrokenPipeEndsQuietly) {
  RunningVetor command({"embed", "--quiet"});
  command.CloseOutput();
  command.WriteInput(ManyLines(30'000));
  command.CloseInput();
  const auto result = command.Wait();
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.err, "");
}

TEST_F(StreamsTest, AnOutputThatCannotBeWrittenIsNamedBeforeTheWork) {
  const auto result = RunVetor({"embed", "-o", Path("no/such/a.npy")}, "a\n");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("no/such/a.npy"));
  const auto folder = RunVetor({"embed", "-o", folder_.string()}, "a\n");
  EXPECT_EQ(folder.exit_code, 2);
  EXPECT_THAT(folder.err, HasSubstr("is a directory"));
}

// Guards against figures that replaced the results, with exit code 0.
TEST_F(StreamsTest, OutputsThatAreOneFileAreRefused) {
  const auto expect_refused = [&](std::vector<std::string> arguments, const std::string& a,
                                  const std::string& b) {
    arguments.insert(arguments.end(), {"-q"});
    const auto result = RunVetor(arguments, "a\n");
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, HasSubstr(a));
    EXPECT_THAT(result.err, HasSubstr(b));
    EXPECT_EQ(result.out, "");
  };
  WriteFile("there", "old");
  WriteFile("corpus", "a\n");
  std::filesystem::create_symlink("there", Path("link"));
  std::filesystem::create_symlink("new", Path("dangling"));
  const std::vector<std::pair<std::string, std::string>> pairs = {{Path("new"), Path("new")},
                                                                  {Path("new"), Path("./new")},
                                                                  {Path("there"), Path("link")},
                                                                  {Path("there"), Path("there")},
                                                                  {Path("new"), Path("dangling")},
                                                                  {"/dev/stdout", "-"},
                                                                  {"-", "/dev/stdout"},
                                                                  {"-", "-"}};
  for (const auto& [output, stats] : pairs) {
    expect_refused({"embed", "--output", output, "--stats", stats}, "--output", "--stats");
    expect_refused({"dedupe", "--output", output, "--stats", stats}, "--output", "--stats");
    expect_refused({"tokenize", "--output", output, "--stats", stats}, "--output", "--stats");
    expect_refused({"search", "--corpus", Path("corpus"), "--queries", "-", "--output", output,
                    "--stats", stats},
                   "--output", "--stats");
    expect_refused({"bench", "--json", output, "--html", stats}, "--json", "--html");
  }
  EXPECT_EQ(ReadBytes(Path("there")), "old");
  EXPECT_FALSE(std::filesystem::exists(Path("new")));
  EXPECT_EQ(RunVetor({"embed", "-o", "/dev/null", "--stats", "/dev/null"}, "a\n").exit_code, 0);
  EXPECT_EQ(RunVetor({"embed", "-o", Path("a"), "--stats", Path("b")}, "a\n").exit_code, 0);
}

// Guards against an input that its own results replaced.
TEST_F(StreamsTest, AnOutputThatIsTheInputIsRefused) {
  WriteFile("in", "a\n");
  std::filesystem::create_symlink("in", Path("link"));
  for (const std::string& other : {Path("in"), Path("./in"), Path("link")}) {
    for (const char* flag : {"--output", "--stats"}) {
      for (const char* command : {"embed", "dedupe", "tokenize"}) {
        const auto result = RunVetor({command, "--input", Path("in"), flag, other});
        EXPECT_EQ(result.exit_code, 2) << command << result.err;
        EXPECT_THAT(result.err, HasSubstr(std::string(flag) + " " + other + " is the file that"));
        EXPECT_THAT(result.err, HasSubstr("--input " + Path("in")));
      }
      const auto result = RunVetor({"search", "--corpus", "-", "--queries", other, flag, other});
      EXPECT_EQ(result.exit_code, 2) << result.err;
      EXPECT_THAT(result.err, HasSubstr("--queries " + other));
    }
  }
  EXPECT_EQ(ReadBytes(Path("in")), "a\n");
  // A device is not replaced, so this is allowed.
  const auto same = RunVetor({"embed", "--input", "/dev/null", "--output", "/dev/null"});
  EXPECT_EQ(same.exit_code, 0) << same.err;
}

TEST_F(StreamsTest, AFullDiskIsAFailureOfTheWork) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  for (const char* format : {"npy", "jsonl"}) {
    const auto result = RunVetor({"embed", "--format", format, "-o", "/dev/full"}, "a\n");
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, HasSubstr("cannot write /dev/full"));
  }
}

TEST_F(StreamsTest, AMillionRowsKeepMemoryFlat) {
  const auto peak = [&](size_t rows) {
    RunningVetor command({"embed", "--dim", "16", "--no-cache", "-o", Path("a.npy"), "--quiet"});
    const std::string piece = ManyLines(10'000);
    for (size_t written = 0; written < rows; written += 10'000) command.WriteInput(piece);
    command.CloseInput();
    const auto result = command.Wait();
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(std::filesystem::file_size(Path("a.npy")), 128 + rows * 16 * sizeof(float));
    return result.peak_kilobytes;
  };
  const int64_t few = peak(50'000);
  EXPECT_LT(peak(1'000'000), few + 16 * 1024);
}

TEST_F(StreamsTest, ATenMegabyteTextIsOneRow) {
  std::string text;
  while (text.size() < 10'000'000) text += "palavra ";
  const auto result = RunVetor({"embed", "--dim", "16"}, text + "\nb\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(ParseLines(result.out).size(), 2U);
}

}  // namespace
}  // namespace vetor::cli
