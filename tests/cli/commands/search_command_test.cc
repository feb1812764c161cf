#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/folder_fixture.h"
#include "tests/cli/spawned_command.h"

namespace vetor::cli {
namespace {

using ::testing::HasSubstr;

// With 4096 components the few words here do not collide: equal texts score 1, and texts without a
// common word score 0.
class SearchCommandTest : public FolderFixture {
 protected:
  void SetUp() override {
    corpus_ = WriteFile("corpus.jsonl",
                        R"({"id":"c0","name":"alpha beta","season":1,"truth":"A","lang":"en"}
{"id":"c1","name":"gamma delta","season":1,"truth":"B","lang":"en"}
{"id":"c2","name":"epsilon zeta","season":2,"truth":"C","lang":"de"}
)");
    queries_ = WriteFile("queries.jsonl",
                         R"({"id":"q0","name":"alpha beta","season":1,"truth":"A","lang":"en"}
{"id":"q1","name":"gamma delta","season":2,"truth":"C","lang":"fr"}
)");
  }

  CommandResult Search(const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"search",  "--corpus", corpus_, "--queries", queries_,
                                          "--field", "name",     "--dim", "4096"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return RunVetor(arguments);
  }

  std::string corpus_;
  std::string queries_;
};

TEST_F(SearchCommandTest, HitsAreBestFirst) {
  const auto result = Search({"--top", "2"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            R"({"query":0,"hits":[{"row":0,"score":1},{"row":1,"score":0}]}
{"query":1,"hits":[{"row":1,"score":1},{"row":0,"score":0}]}
)");
}

TEST_F(SearchCommandTest, HitsHaveIdsTextsAndWhetherTheyAreRight) {
  const auto result = Search({"--top", "1", "--id-field", "id", "--with-text", "--truth", "truth"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto lines = ParseLines(result.out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1].at("query"), "q1");
  EXPECT_EQ(lines[1].at("text"), "gamma delta");
  const auto& hit = lines[1].at("hits").as_array().at(0).as_object();
  EXPECT_EQ(hit.at("id"), "c1");
  EXPECT_EQ(hit.at("text"), "gamma delta");
  EXPECT_EQ(hit.at("right"), false);
}

TEST_F(SearchCommandTest, SameComparesWithinABlock) {
  const auto lines = ParseLines(Search({"--same", "season", "--id-field", "id"}).out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("hits").as_array().size(), 2U);
  ASSERT_EQ(lines[1].at("hits").as_array().size(), 1U);
  EXPECT_EQ(lines[1].at("hits").as_array()[0].as_object().at("id"), "c2");
}

TEST_F(SearchCommandTest, WhereChoosesRowsAndKeepsTheirNumbers) {
  const auto result = Search({"--corpus-where", "lang=de", "--queries-where", "lang!=en"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "{\"query\":1,\"hits\":[{\"row\":2,\"score\":0}]}\n");
}

// Query 0 finds the right row first. Query 1 wants c2, which scores 0 as c0 does and comes after
// it.
TEST_F(SearchCommandTest, TruthIsMeasuredBesideChance) {
  const auto result = Search({"--truth", "truth", "--stats", Path("stats")});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto truth = ParseLines(ReadBytes(Path("stats")))[0].at("truth").as_object();
  const auto numbers = [&](const char* key) {
    std::vector<double> values;
    for (const auto& value : truth.at(key).as_array()) values.push_back(value.to_number<double>());
    return values;
  };
  EXPECT_THAT(numbers("accuracy"), ::testing::ElementsAre(0.5, 0.5, 1));
  EXPECT_THAT(numbers("chance"), ::testing::ElementsAre(::testing::DoubleNear(1 / 3.0, 1e-9),
                                                        ::testing::DoubleNear(2 / 3.0, 1e-9), 1));
  EXPECT_EQ(truth.at("possible").to_number<double>(), 1);
  EXPECT_THAT(result.err, HasSubstr("0.500  0.500  1.000"));
  EXPECT_THAT(result.err, HasSubstr("0.333  0.667  1.000"));
}

TEST_F(SearchCommandTest, SeveralFieldsAreAveraged) {
  const std::string rows = WriteFile("rows.jsonl", R"({"a":"alpha beta","b":"gamma delta"}
{"a":"alpha beta","b":"epsilon zeta"}
)");
  const auto result = RunVetor({"search", "--corpus", rows, "--queries", rows, "--field", "a",
                                "--field", "b", "--dim", "4096", "--top", "2"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto hits = ParseLines(result.out)[0].at("hits").as_array();
  EXPECT_EQ(hits[0].at("score").to_number<double>(), 1);
  EXPECT_EQ(hits[1].at("score").to_number<double>(), 0.5);
}

TEST_F(SearchCommandTest, PlainLinesAndStandardInput) {
  const std::string corpus = WriteFile("corpus.txt", "alpha beta\ngamma delta\n");
  const auto result =
      RunVetor({"search", "--corpus", corpus, "--queries", "-", "--dim", "4096", "--top", "1"},
               "gamma delta\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "{\"query\":0,\"hits\":[{\"row\":1,\"score\":1}]}\n");
}

TEST_F(SearchCommandTest, EmptySidesAreNotErrors) {
  const std::string empty = WriteFile("empty.jsonl", "");
  const auto no_queries = RunVetor(
      {"search", "--corpus", corpus_, "--queries", empty, "--field", "name", "--truth", "truth"});
  EXPECT_EQ(no_queries.exit_code, 0) << no_queries.err;
  EXPECT_EQ(no_queries.out, "");
  const auto no_corpus =
      RunVetor({"search", "--corpus", empty, "--queries", queries_, "--field", "name"});
  EXPECT_EQ(no_corpus.exit_code, 0) << no_corpus.err;
  EXPECT_EQ(no_corpus.out, "{\"query\":0,\"hits\":[]}\n{\"query\":1,\"hits\":[]}\n");
}

TEST_F(SearchCommandTest, BadRowsAndFlagsAreNamed) {
  EXPECT_THAT(Search({"--same", "circuit"}).err, HasSubstr("corpus.jsonl:1"));
  EXPECT_THAT(Search({"--same", "season:0"}).err, HasSubstr("--same season:0"));
  EXPECT_EQ(Search({"--where", "season"}).exit_code, 2);
  EXPECT_EQ(RunVetor({"search"}).exit_code, 2);
  EXPECT_EQ(RunVetor({"search", "--corpus", "-", "--queries", "-"}).exit_code, 2);
  EXPECT_THAT(Search({"--input-format", "lines"}).err, HasSubstr("--input-format"));
}

}  // namespace
}  // namespace vetor::cli
