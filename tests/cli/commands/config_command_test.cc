#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "tests/cli/folder_fixture.h"
#include "tests/cli/spawned_command.h"

namespace vetor::cli {
namespace {

using ::testing::HasSubstr;

class ConfigCommandTest : public FolderFixture {};

TEST_F(ConfigCommandTest, TheSchemaIsJson) {
  const auto result = RunVetor({"config", "--schema"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto schema = boost::json::parse(result.out).as_object();
  EXPECT_TRUE(schema.contains("$schema"));
  EXPECT_TRUE(schema.at("properties").as_object().contains("ai"));
}

TEST_F(ConfigCommandTest, CheckPassesWarnsAndFails) {
  const auto good = RunVetor({"config", "--check", WriteFile("a.json", R"({"ai":{"dim":64}})")});
  EXPECT_EQ(good.exit_code, 0);
  EXPECT_THAT(good.err, HasSubstr("a.json: valid, 0 warnings"));
  const auto odd = RunVetor({"config", "--check", WriteFile("b.json", R"({"ai":{"dims":64}})")});
  EXPECT_EQ(odd.exit_code, 0);
  EXPECT_THAT(odd.err, HasSubstr("ai.dim"));
  const auto bad = RunVetor({"config", "--check", WriteFile("c.json", R"({"ai":{"dim":"x"}})")});
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_THAT(bad.err, HasSubstr("ai.dim"));
  EXPECT_EQ(RunVetor({"config", "--check", Path("none.json")}).exit_code, 2);
  EXPECT_EQ(RunVetor({"config"}).exit_code, 2);
}

TEST_F(ConfigCommandTest, ACertificateOfTheServerNeedsItsKey) {
  const auto result =
      RunVetor({"config", "--check", WriteFile("s.json", R"({"ai":{"server":{"tls_cert":"c"}}})")});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("s.json: ai.server.tls_cert is set and ai.server.tls_key"));
}

// The check said "0 warnings" of a file with which every command warns that the model is not used.
TEST_F(ConfigCommandTest, AModelPathWithoutABackendIsWarnedOf) {
  const auto check = [&](const std::string& text) {
    return RunVetor({"config", "--check", WriteFile("m.json", text)}).err;
  };
  const std::string said = check(R"({"ai":{"onnx":{"model_path":"models/mine"}}})");
  EXPECT_THAT(said, HasSubstr("valid, 1 warning\n"));
  EXPECT_THAT(said, HasSubstr("the model models/mine is not used"));
  EXPECT_THAT(said, HasSubstr("ai.onnx.enabled to true"));
  EXPECT_THAT(check(R"({"ai":{"backend":"hashing","onnx":{"model_path":"models/mine"}}})"),
              HasSubstr("0 warnings"));
}

}  // namespace
}  // namespace vetor::cli
