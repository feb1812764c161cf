// Runs vetor bench as a user does, on the tiny model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "os/file.h"
#include "os/json_file.h"
#include "tests/cli/folder_fixture.h"
#include "tests/cli/spawned_command.h"
#include "tests/support/test_paths.h"

namespace vetor::cli {
namespace {

using ::testing::HasSubstr;

const std::string kTinyBert = vetor::testing::TestData("model/tiny-bert").string();

class BenchCommandTest : public FolderFixture {};

TEST_F(BenchCommandTest, HashingNeedsNoModel) {
  const auto result = RunVetor(
      {"bench", "--workload", "short,single", "--repeat", "1", "--cache-enabled", "--quiet"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  for (const char* word : {"hashing", "short", "single", "cold", "memory", "disk", "texts/s"}) {
    EXPECT_THAT(result.out, HasSubstr(word));
  }
}

TEST_F(BenchCommandTest, TableJsonAndPage) {
  VETOR_SKIP_WITHOUT(vetor::testing::TestRuntime());
  WriteFile("pairs.csv", "race,race test,5\nspa,monaco,2\nrace,hello world,1\n");
  const auto result = RunVetor(
      {"bench",     "--model",         kTinyBert,   "--engine",        "onnx",        "--providers",
       "cpu,rknpu", "--precision",     "fp32,int8", "--workload",      "single",      "--repeat",
       "2",         "--cache-enabled", "--sts",     Path("pairs.csv"), "--reference", "fp32",
       "--json",    Path("b.json"),    "--html",    Path("b.html")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("onnx cpu int8"));
  EXPECT_THAT(result.out, HasSubstr("not measured"));
  EXPECT_THAT(result.out, HasSubstr("Spearman"));
  EXPECT_THAT(result.err, HasSubstr("bench: 1 of "));
  const auto report = ReadJsonFile(Path("b.json"));
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  std::set<std::string> rows;
  for (const auto& row : report->at("results").as_array()) {
    const auto& cache = row.at("cache");
    rows.insert(std::string(row.at("provider").as_string()) + " " +
                std::string(row.at("precision").as_string()) + " " +
                (cache.is_null() ? "error" : std::string(cache.as_string())));
  }
  EXPECT_EQ(rows, (std::set<std::string>{"cpu fp32 cold", "cpu fp32 memory", "cpu fp32 disk",
                                         "cpu int8 cold", "cpu int8 memory", "cpu int8 disk",
                                         "rknpu fp32 error", "rknpu int8 error"}));
  EXPECT_EQ(report->at("quality").as_array().size(), 2U);
  EXPECT_THAT(*ReadFile(Path("b.html")), HasSubstr("Quality against speed"));
}

TEST_F(BenchCommandTest, BothRuntimes) {
  VETOR_SKIP_WITHOUT(vetor::testing::TestRuntime());
  const auto result =
      RunVetor({"bench", "--model", kTinyBert, "--engine", "onnx", "--runtime",
                "native,onnxruntime", "--workload", "single", "--repeat", "1", "--quiet"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("onnx cpu fp32 native\n  native ("));
  EXPECT_THAT(result.out, HasSubstr("onnx cpu fp32 onnxruntime\n  onnxruntime "));
  EXPECT_THAT(result.out, HasSubstr("not vetor's own kernels: the runtime is set to"));
}

TEST_F(BenchCommandTest, OwnTextsAndJsonToStandardOutput) {
  WriteFile("texts.jsonl", "{\"name\":\"um\"}\n{\"name\":\"dois\"}\n");
  const auto result = RunVetor({"bench", "--input", Path("texts.jsonl"), "--field", "name",
                                "--repeat", "1", "--json", "-", "--quiet"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto report = ParseJson(result.out, "standard output");
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  // The environment of the test has no cache.
  ASSERT_EQ(report->at("results").as_array().size(), 1U);
  const auto& row = report->at("results").as_array()[0];
  EXPECT_EQ(row.at("workload"), "input");
  EXPECT_EQ(row.at("texts"), 2);
}

TEST_F(BenchCommandTest, SlipsAreUsageErrors) {
  EXPECT_EQ(RunVetor({"bench", "--engine", "torch"}).exit_code, 2);
  EXPECT_EQ(RunVetor({"bench", "--workload", "middle"}).exit_code, 2);
  EXPECT_EQ(RunVetor({"bench", "--repeat", "0"}).exit_code, 2);
  EXPECT_EQ(RunVetor({"bench", "--json", "-", "--html", "-"}).exit_code, 2);
  const auto no_model = RunVetor({"bench", "--engine", "onnx"});
  EXPECT_EQ(no_model.exit_code, 2);
  EXPECT_THAT(no_model.err, HasSubstr("needs a model"));
  WriteFile("pairs.csv", "a,b,1\nc,d\n");
  EXPECT_THAT(RunVetor({"bench", "--sts", Path("pairs.csv")}).err,
              HasSubstr("pairs.csv: line 2: 2 fields"));
}

}  // namespace
}  // namespace vetor::cli
