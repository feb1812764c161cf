#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/folder_fixture.h"
#include "tests/cli/spawned_command.h"

namespace vetor::cli {
namespace {

using ::testing::HasSubstr;

class DedupeCommandTest : public FolderFixture {
 protected:
  // Rows 0 and 1 belong together, and rows 2 and 3. By their words, 0, 1 and 2 look the same, and 3
  // is like no other.
  static constexpr const char* kRows =
      R"({"id":"a","name":"alpha beta","date":"2024-03-02T10:00Z","truth":1}
{"id":"b","name":"alpha beta","date":"2024-03-02T12:00Z","truth":1}
{"id":"c","name":"alpha beta","date":"2024-03-09T10:00Z","truth":2}
{"id":"d","name":"gamma delta","date":"2024-03-09T10:00Z","truth":2}
)";

  static CommandResult Dedupe(const std::vector<std::string>& more) {
    std::vector<std::string> arguments = {"dedupe", "--field",     "name", "--dim",
                                          "4096",   "--threshold", "0.9"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunVetor(arguments, kRows);
  }
};

TEST_F(DedupeCommandTest, CloseRowsBecomeAGroup) {
  const auto result = Dedupe({"--id-field", "id"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "{\"group\":[{\"row\":0,\"id\":\"a\"},{\"row\":1,\"id\":\"b\"},{\"row\":2,\"id\":"
            "\"c\"}]}\n");
  EXPECT_THAT(result.err, HasSubstr("3 pairs at 0.9 or above, in 1 group\n"));
}

TEST_F(DedupeCommandTest, PairsAreSoughtWithinADay) {
  const auto result = Dedupe({"--pairs", "--same", "date:10", "--truth", "truth"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "{\"a\":{\"row\":0},\"b\":{\"row\":1},\"score\":1,\"right\":true}\n");
}

TEST_F(DedupeCommandTest, WhereChoosesRowsAndKeepsTheirNumbers) {
  const auto result = Dedupe({"--where", "id!=a"});
  EXPECT_EQ(result.out, "{\"group\":[{\"row\":1},{\"row\":2}]}\n");
}

// At 0.9 it predicts 3 pairs, of which 1 is right; 2 are to be found. Predicting every pair gives
// 6, of which 2 are right: F1 = 4/8, the best here.
TEST_F(DedupeCommandTest, TruthIsMeasuredBesideTheBlocking) {
  const auto result = Dedupe({"--truth", "truth", "--stats", Path("stats")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto truth = ParseLines(ReadBytes(Path("stats")))[0].at("truth").as_object();
  EXPECT_EQ(truth.at("true_pairs"), 2);
  const auto at = [&](const char* row, const char* key) {
    return truth.at(row).as_object().at(key).to_number<double>();
  };
  EXPECT_NEAR(at("at_threshold", "precision"), 1 / 3.0, 1e-9);
  EXPECT_NEAR(at("at_threshold", "recall"), 0.5, 1e-9);
  EXPECT_NEAR(at("at_threshold", "f1"), 0.4, 1e-9);
  EXPECT_NEAR(at("best", "f1"), 0.5, 1e-9);
  EXPECT_NEAR(at("best", "threshold"), 0, 1e-9);
  EXPECT_NEAR(at("blocking_alone", "precision"), 1 / 3.0, 1e-9);
  EXPECT_NEAR(at("blocking_alone", "recall"), 1, 1e-9);
  EXPECT_THAT(result.err, HasSubstr("2 pairs of 4 rows have the same truth"));
  EXPECT_THAT(result.err, HasSubstr("3      0.333   0.500   0.400"));
}

TEST_F(DedupeCommandTest, TheReportShowsWhatTheBlockAloneFinds) {
  const auto result = Dedupe({"--truth", "truth", "--same", "date:10", "--stats", Path("stats")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto truth = ParseLines(ReadBytes(Path("stats")))[0].at("truth").as_object();
  EXPECT_EQ(truth.at("blocking_alone").as_object().at("f1").to_number<double>(), 1);
  EXPECT_THAT(result.err, HasSubstr("same date:10 alone"));
}

TEST_F(DedupeCommandTest, EmptyInputIsAnEmptyResult) {
  const auto result = RunVetor({"dedupe", "--truth", "truth"}, "");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "");
}

}  // namespace
}  // namespace vetor::cli
