// Runs every command with each standard stream closed, full and broken. No signal ends it, the exit
// code is the work's, and vectors reach the cache. A message that could not be written used to
// abort the command before its results were written.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "tests/cli/folder_fixture.h"
#include "tests/support/test_paths.h"

namespace vetor::cli {
namespace {

constexpr int kNobodyReads = 9;   // The writing end of a pipe without a reader.
constexpr int kNobodyWrites = 8;  // The reading end of a pipe without a writer.

enum Stream { kInput, kOutput, kErrors };

struct Case {
  std::string words;
  bool reads = false;   ///< Whether it reads standard input.
  bool writes = false;  ///< Whether it writes results to standard output.
};

class BrokenStreamsTest : public FolderFixture {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
    ::signal(SIGPIPE, SIG_DFL);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::close(ends[0]);
    ASSERT_EQ(::dup2(ends[1], kNobodyReads), kNobodyReads);
    ::close(ends[1]);
    ASSERT_EQ(::pipe(ends), 0);
    ::close(ends[1]);
    ASSERT_EQ(::dup2(ends[0], kNobodyWrites), kNobodyWrites);
    ::close(ends[0]);
    WriteFile("in.txt", "race\ngrand prix\n");
    WriteFile("rows.jsonl", "{\"text\":\"race\"}\n{\"text\":\"race\"}\n");
    WriteFile("config.json", "{\"ai\":{\"dim\":16}}");
  }
  void TearDown() override {
    ::close(kNobodyReads);
    ::close(kNobodyWrites);
  }

  // The exit code, or minus the signal. Streams that `redirections` does not name are in order.
  int Run(const std::string& words, const std::string& redirections = "") const {
    const std::string line = "cd '" + folder_.string() +
                             "'; HF_HUB_OFFLINE=1 HF_HUB_CACHE=nothing exec '" VETOR_COMMAND "' " +
                             words + " <in.txt >out.txt 2>err.txt " + redirections;
    const int status = std::system(line.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  // Runs the command with all streams in order, and finds two of its results in `cache`.
  void ExpectTwoCached(const std::string& what) const {
    EXPECT_EQ(Run("cache verify --dir cache --json"), 0) << what;
    EXPECT_EQ(ReadBytes(Path("out.txt")).find("{\"entries\":2,"), 0U) << what;
  }

  std::vector<Case> Cases() const {
    const std::string tiny = vetor::testing::TestData("model/tiny-bert").string();
    std::vector<Case> cases = {
        {"embed --dim 16 --cache-dir cache", true, true},
        {"embed --dim 16 --cache-dir cache -i in.txt -o a.npy --stats stats.json"},
        {"embed --dim 16 --no-cache --format npy -i in.txt", false, true},
        {"tokenize --model '" + tiny + "'", true, true},
        {"search --dim 16 --no-cache --corpus rows.jsonl --queries rows.jsonl --field text", false,
         true},
        {"dedupe --dim 16 --no-cache --input rows.jsonl --field text", false, true},
        {"config --schema", false, true},
        {"config --check config.json"},
        {"cache stats --dir cache", false, true},
        {"cache verify --dir cache", false, true},
        {"cache prune --dir cache", false, true},
        {"cache clear --dir other"},
        {"doctor --no-cache", false, true},
        {"doctor --no-cache --json", false, true},
        {"pull org/not-here"},
        {"bench --engine hashing --no-cache --repeat 1 -i in.txt", false, true},
        {""},
        {"embde"},
        {"embed --modle x"},
        {"--help", false, true},
        {"--version", false, true},
    };
    for (const char* command : {"embed", "tokenize", "search", "dedupe", "config", "cache",
                                "doctor", "export", "pull", "bench"}) {
      cases.push_back({std::string(command) + " --help", false, true});
    }
    if (std::filesystem::exists(vetor::testing::TestRuntime())) {
      cases.push_back({"export '" + tiny + "' --output exported --overwrite", false, true});
    }
    return cases;
  }
};

// The exit code to expect if `stream` is in the state `state` and a sound run gives `sound`.
int Expected(const Case& command, Stream stream, const std::string& state, int sound) {
  if (stream == kInput && command.reads) return state == "broken" ? sound : 1;
  // A reader that has closed the pipe has what it wanted: `vetor embed | head`.
  if (stream == kOutput && command.writes) return state == "broken" ? 0 : 1;
  return sound;
}

TEST_F(BrokenStreamsTest, EveryCommandWithEachStreamClosedFullAndBroken) {
  const struct {
    Stream stream;
    const char* state;
    const char* redirection;
  } kFaults[] = {
      {kInput, "closed", "<&-"},   {kInput, "full", "0>/dev/full"},  {kInput, "broken", "<&8"},
      {kOutput, "closed", ">&-"},  {kOutput, "full", ">/dev/full"},  {kOutput, "broken", ">&9"},
      {kErrors, "closed", "2>&-"}, {kErrors, "full", "2>/dev/full"}, {kErrors, "broken", "2>&9"}};
  EXPECT_EQ(Run("embed --dim 16 --cache-dir cache"), 0) << ReadBytes(Path("err.txt"));
  for (const Case& command : Cases()) {
    const int sound = Run(command.words);
    EXPECT_GE(sound, 0) << command.words;
    for (const auto& fault : kFaults) {
      EXPECT_EQ(Run(command.words, fault.redirection),
                Expected(command, fault.stream, fault.state, sound))
          << "vetor " << command.words << " " << fault.redirection << "\n"
          << ReadBytes(Path("err.txt"));
    }
  }
  EXPECT_EQ(Run("embed --dim 16 --no-cache", "<&- >&- 2>&-"), 1);
}

TEST_F(BrokenStreamsTest, VectorsReachTheCacheAndTheFile) {
  for (const char* redirection : {"2>&-", "2>/dev/full", "2>&9", ">/dev/full", ">&9", "<&- 2>&-"}) {
    std::filesystem::remove_all(Path("cache"));
    Run("embed --dim 16 --cache-dir cache -i in.txt", redirection);
    ExpectTwoCached(redirection);
    std::filesystem::remove(Path("a.npy"));
    std::filesystem::remove_all(Path("cache"));
    const std::string all = std::string(redirection) + (redirection[0] == '<' ? " >&-" : "");
    EXPECT_EQ(Run("embed --dim 16 --cache-dir cache -i in.txt -o a.npy", all), 0) << all;
    EXPECT_EQ(std::filesystem::file_size(Path("a.npy")), 128U + 2 * 16 * sizeof(float)) << all;
    ExpectTwoCached(all);
  }
}

// A file got the number of a closed stream, and then what was written to that stream.
TEST_F(BrokenStreamsTest, AClosedStreamSaysSo) {
  EXPECT_EQ(Run("embed --dim 16 --no-cache", "<&-"), 1);
  EXPECT_NE(ReadBytes(Path("err.txt")).find("standard input is closed"), std::string::npos);
  EXPECT_EQ(Run("embed --dim 16 --no-cache", ">&-"), 1);
  EXPECT_NE(ReadBytes(Path("err.txt")).find("standard output is closed"), std::string::npos);
}

// Names in files may hold characters that a terminal takes for commands.
TEST_F(BrokenStreamsTest, ControlCharactersOfFilesAreShownNotObeyed) {
  WriteFile("rows.jsonl", "{\"\\u001b]0;owned\\u0007\\u009b2J\\u007f\":1}\n");
  EXPECT_EQ(Run("embed --dim 16 --no-cache --field name -i rows.jsonl"), 2);
  const std::string said = ReadBytes(Path("err.txt"));
  EXPECT_NE(said.find("\\x1b]0;owned\\x07\\x9b2J\\x7f"), std::string::npos) << said;
  EXPECT_EQ(said.find_first_of("\x1b\x07\x7f"), std::string::npos) << said;
  WriteFile("config.json", "{\"ai\":{\"\\u001b[31m\":1,\"dim\":16}}");
  EXPECT_EQ(Run("config --check config.json"), 0);
  EXPECT_EQ(ReadBytes(Path("err.txt")).find('\x1b'), std::string::npos);
  EXPECT_EQ(Run("doctor --no-cache --config config.json"), 0);
  EXPECT_EQ((ReadBytes(Path("err.txt")) + ReadBytes(Path("out.txt"))).find('\x1b'),
            std::string::npos);
}

// A limit on file sizes (ulimit -f) is an error like a full disk, and not a signal.
TEST_F(BrokenStreamsTest, AFileBeyondTheLimitOnSizesIsAnError) {
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "round " + std::to_string(i) + "\n";
  WriteFile("in.txt", lines);
  const std::string line = "cd '" + folder_.string() +
                           "'; ulimit -f 8; exec '" VETOR_COMMAND
                           "' embed --dim 256 --no-cache -q -i in.txt -o a.npy 2>err.txt";
  const int status = std::system(line.c_str());
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1) << status;
  EXPECT_FALSE(std::filesystem::exists(Path("a.npy")));
}

}  // namespace
}  // namespace vetor::cli
