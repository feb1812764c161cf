// Ollama's routes.
#include "server/api/ollama_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/server/api/api_under_test.h"

namespace vetor {
namespace {

using testing::ApiUnderTest;
using ::testing::HasSubstr;
using testing::JsonOf;

TEST(OllamaRoutes, VectorsWithDurationsAndTokens) {
  const auto api = ApiUnderTest::WithTiny();
  const HttpResponse answer = api->Post(
      "/api/embed", R"({"model":"tiny:latest","input":["a","b"],"truncate":true,"options":{"x":1},)"
                    R"("keep_alive":"5m","dimensions":null})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const boost::json::value json = JsonOf(answer);
  EXPECT_EQ(json.at("model"), "tiny");
  EXPECT_EQ(json.at("embeddings").as_array().size(), 2U);
  EXPECT_GT(json.at("prompt_eval_count").as_int64(), 4);
  EXPECT_TRUE(json.at("total_duration").is_int64());
}

TEST(OllamaRoutes, OneVectorAsBefore) {
  const auto api = ApiUnderTest::WithTiny();
  const HttpResponse answer = api->Post("/api/embeddings", R"({"model":"tiny","prompt":"a"})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(JsonOf(answer).at("embedding").as_array().size(), 32U);
  EXPECT_EQ(api->Post("/api/embeddings", R"({"model":"tiny"})").status, 400);
}

TEST(OllamaRoutes, ARequestWithoutInputFindsTheModelLoaded) {
  const auto api = ApiUnderTest::WithTiny();
  const HttpResponse answer = api->Post("/api/embed", R"({"model":"tiny","keep_alive":-1})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_TRUE(JsonOf(answer).at("embeddings").as_array().empty());
}

TEST(OllamaRoutes, AnErrorIsOneString) {
  const auto api = ApiUnderTest::WithTiny();
  const HttpResponse answer = api->Post("/api/embed", R"({"model":"nomic","input":"a"})");
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(std::string(JsonOf(answer).at("error").as_string()), HasSubstr("\"nomic\""));
}

TEST(OllamaRoutes, AppsLearnWhichModelsThereAre) {
  const auto api = ApiUnderTest::WithTiny();
  const boost::json::value tag = JsonOf(api->Get("/api/tags")).at("models").at(0);
  EXPECT_EQ(tag.at("model"), "tiny");
  EXPECT_THAT(std::string(tag.at("modified_at").as_string()), HasSubstr("T"));
  EXPECT_EQ(JsonOf(api->Get("/api/version")).at("version"), VETOR_VERSION);
  const boost::json::value shown = JsonOf(api->Post("/api/show", R"({"model":"tiny"})"));
  EXPECT_EQ(shown.at("capabilities").at(0), "embedding");
  EXPECT_EQ(shown.at("model_info").at("embedding.embedding_length"), 32);
  EXPECT_EQ(api->Post("/api/show", R"({"name":"other"})").status, 404);
}

}  // namespace
}  // namespace vetor
