#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tests/cli/spawned_command.h"
#include "tests/support/temporary_folder.h"

namespace vetor::cli {
namespace {

using ::testing::HasSubstr;

TEST(UsageTest, AWrongFlagNamesTheNearest) {
  const auto result = RunVetor({"embed", "--modle", "x"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("there is no flag --modle; did you mean --model?"));
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(RunVetor({"search", "--thread=2"}).err, HasSubstr("did you mean --threads?"));
}

TEST(UsageTest, AWrongCommandNamesTheNearest) {
  const auto result = RunVetor({"embde"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("there is no command embde; did you mean embed?"));
}

TEST(UsageTest, AWrongValueNamesTheFlagAndWhatIsAllowed) {
  const auto batch = RunVetor({"embed", "--batch-size", "many"}, "a\n");
  EXPECT_EQ(batch.exit_code, 2);
  EXPECT_THAT(batch.err, HasSubstr("--batch-size"));
  EXPECT_THAT(batch.err, HasSubstr("a whole number"));
  const auto format = RunVetor({"embed", "--format", "csv"}, "a\n");
  EXPECT_EQ(format.exit_code, 2);
  EXPECT_THAT(format.err, HasSubstr("npy"));
}

// The messages were CLI11's own: "Value 2 not in range -1.000000 to 1.000000", "1 required PATH
// missing", "At Most 1 required but received 2".
TEST(UsageTest, NumbersAndCountsAreSaidInPlainWords) {
  const auto message = [](const std::vector<std::string>& words) {
    const auto result = RunVetor(words);
    EXPECT_EQ(result.exit_code, 2);
    return result.err;
  };
  EXPECT_THAT(message({"dedupe", "--threshold", "2"}),
              HasSubstr("--threshold: 2 is not allowed; expected a number from -1 to 1\n"));
  EXPECT_THAT(message({"dedupe", "--threshold", "nan"}), HasSubstr("nan is not allowed"));
  EXPECT_THAT(message({"search", "--top", "0"}),
              HasSubstr("--top: 0 is not allowed; expected a whole number from 1 to 10000\n"));
  EXPECT_THAT(message({"bench", "--repeat", "x"}),
              HasSubstr("--repeat: x is not allowed; expected a whole number from 1 to 1000\n"));
  EXPECT_THAT(message({"cache", "prune", "--ttl-days", "-1"}),
              HasSubstr("--ttl-days: -1 is not allowed; expected a number from 0 to 36500\n"));
  EXPECT_THAT(message({"tokenize", "--model"}), HasSubstr("--model needs a value: --model PATH\n"));
  EXPECT_THAT(message({"embed", "--output", "a", "--output", "b"}),
              HasSubstr("--output was given 2 times; give it once\n"));
}

TEST(UsageTest, AFolderThatIsMissingIsNamed) {
  const auto result = RunVetor({"embed", "-q", "--output", "/no/such/x.npy"}, "a\n");
  EXPECT_THAT(result.err, HasSubstr("cannot write /no/such/x.npy"));
  EXPECT_THAT(result.err, HasSubstr("make the folder /no/such first"));
}

TEST(UsageTest, ATokenizerThatIsNotNamedIsAskedForByFlag) {
  const auto result = RunVetor({"tokenize"}, "a\n");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("ai.onnx.model_path (--model)"));
  EXPECT_THAT(result.err, HasSubstr("ai.onnx.tokenizer_path (--tokenizer-path)"));
}

// Guards against a wrong level or form that was ignored without a message.
TEST(UsageTest, AWrongVariableOfTheLogIsRefused) {
  const auto level = RunVetor({"embed"}, "a\n", {"VETOR_LOG=foo"});
  EXPECT_EQ(level.exit_code, 2);
  EXPECT_THAT(level.err, HasSubstr("VETOR_LOG: \"foo\" is not one of debug, info, warning"));
  const auto format = RunVetor({"embed"}, "a\n", {"VETOR_LOG_FORMAT=xml"});
  EXPECT_EQ(format.exit_code, 2);
  EXPECT_THAT(format.err, HasSubstr("VETOR_LOG_FORMAT: \"xml\" is not one of text, json"));
  EXPECT_EQ(RunVetor({"embed"}, "a\n", {"VETOR_LOG=", "VETOR_LOG_FORMAT=json"}).exit_code, 0);
}

// The library names settings, and the command adds its flags to log lines as it does to errors.
TEST(UsageTest, ALogLineNamesTheFlag) {
  const std::string graph = VETOR_TEST_DATA_DIR "/model/tiny-bert/model.onnx";
  const std::string tokenizer = VETOR_TEST_DATA_DIR "/model/tiny-bert/tokenizer.json";
  const TemporaryFolder folder;
  const std::string bare = (folder / "bare.onnx").string();
  std::filesystem::copy_file(graph, bare);
  const auto result = RunVetor({"embed", "--model", bare, "--tokenizer-path", tokenizer}, "a\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("set ai.onnx.pooling (--pooling)"));
}

// "--cache-dir=" was a usage error, although --cache-dir "" is not.
TEST(UsageTest, AFlagWithAnEqualsSignMayBeEmpty) {
  const auto result = RunVetor({"embed", "-q", "--cache-dir="}, "a\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(RunVetor({"embed", "--dim="}, "a\n").exit_code, 2);
}

TEST(UsageTest, WhatIsMissingIsSaidWithItsForm) {
  const auto message = [](const std::vector<std::string>& words) {
    const auto result = RunVetor(words);
    EXPECT_EQ(result.exit_code, 2);
    return result.err;
  };
  EXPECT_THAT(message({"cache"}),
              HasSubstr("vetor cache needs one of stats, verify, prune or clear"));
  EXPECT_THAT(message({"cache", "stat"}),
              HasSubstr("there is no command stat; did you mean stats?"));
  EXPECT_THAT(
      message({"cache", "stats", "--dri", "x"}),
      HasSubstr("there is no flag --dri; did you mean --dir?\nSee vetor cache stats --help"));
  EXPECT_THAT(message({"pull"}), HasSubstr("vetor pull needs ID, the model: org/name, such as "
                                           "sentence-transformers/all-MiniLM-L6-v2"));
  EXPECT_THAT(message({"export"}),
              HasSubstr("vetor export needs ID|DIR, the checkpoint: a folder"));
  EXPECT_THAT(message({"export", "x"}),
              HasSubstr("vetor export needs --output DIR, the folder to make"));
  EXPECT_THAT(
      message({"embed", "--format", "parquet"}),
      HasSubstr("--format: parquet is not allowed; expected jsonl, jsonl.gz, jsonl.zst or npy"));
  EXPECT_THAT(message({"embed", "--log-level", "loud"}),
              HasSubstr("expected debug, info, warning, error or off"));
}

TEST(UsageTest, NoLineOfHelpIsWiderThanAHundredColumns) {
  std::vector<std::vector<std::string>> commands = {
      {},         {"embed"},          {"tokenize"},        {"search"},         {"dedupe"},
      {"config"}, {"cache"},          {"doctor"},          {"export"},         {"pull"},
      {"bench"},  {"cache", "stats"}, {"cache", "verify"}, {"cache", "prune"}, {"cache", "clear"},
      {"serve"}};
  for (std::vector<std::string>& words : commands) {
    words.emplace_back("--help");
    std::istringstream help(RunVetor(words).out);
    for (std::string line; std::getline(help, line);) EXPECT_LE(line.size(), 100U) << line;
  }
}

TEST(UsageTest, ACallWithoutACommandPrintsTheUsage) {
  const auto result = RunVetor({});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("embed"));
}

TEST(UsageTest, VersionAndHelpGoToStandardOutput) {
  const auto version = RunVetor({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.out, "vetor " VETOR_VERSION "\n");
  const auto help = RunVetor({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_EQ(help.err, "");
  for (const char* command : {"embed", "tokenize", "search", "dedupe", "config", "serve"}) {
    EXPECT_THAT(help.out, HasSubstr(command));
    const auto own = RunVetor({command, "--help"});
    EXPECT_EQ(own.exit_code, 0);
    EXPECT_THAT(own.out, HasSubstr(std::string("vetor ") + command));
    EXPECT_THAT(own.out, HasSubstr("Examples:"));
  }
}

}  // namespace
}  // namespace vetor::cli
