// Cohere's route, version 2.
#include "server/api/cohere_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/server/api/api_under_test.h"

namespace vetor {
namespace {

using testing::ApiUnderTest;
using ::testing::HasSubstr;
using testing::JsonOf;

TEST(CohereRoutes, AnAnswerHasVectorsByType) {
  const auto api = ApiUnderTest::WithTiny();
  const HttpResponse answer = api->Post(
      "/v2/embed", R"({"model":"tiny","texts":["a \"b\"","c"],"input_type":"search_document",)"
                   R"("embedding_types":["float","binary","ubinary","base64"]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const boost::json::value json = JsonOf(answer);
  EXPECT_EQ(json.at("response_type"), "embeddings_by_type");
  EXPECT_EQ(json.at("texts").at(0), "a \"b\"");
  EXPECT_EQ(json.at("embeddings").at("float").at(1).as_array().size(), 32U);
  const boost::json::value bits = json.at("embeddings").at("ubinary").at(0);
  const boost::json::value signed_bits = json.at("embeddings").at("binary").at(0);
  ASSERT_EQ(bits.as_array().size(), 4U);
  EXPECT_EQ(bits.at(0).as_int64() - 128, signed_bits.at(0).as_int64());
  EXPECT_GT(json.at("meta").at("billed_units").at("input_tokens").as_int64(), 4);
  EXPECT_EQ(json.at("meta").at("api_version").at("version"), "2");
}

TEST(CohereRoutes, CachedTokensAreCounted) {
  auto config = testing::TinyConfig(Runtime::kNative);
  testing::UseMemoryCache(&config);
  ApiUnderTest api({}, {"tiny"});
  api.models().Put(0, testing::OpenForServing(config));
  const char* body = R"({"texts":["a"],"input_type":"search_query"})";
  EXPECT_EQ(JsonOf(api.Post("/v2/embed", body)).at("meta").at("cached_tokens"), 0);
  const boost::json::value again = JsonOf(api.Post("/v2/embed", body));
  EXPECT_EQ(again.at("meta").at("cached_tokens"),
            again.at("meta").at("billed_units").at("input_tokens"));
}

TEST(CohereRoutes, BitsOfAnOddNumberOfComponentsEndInZeros) {
  const auto api = ApiUnderTest::WithTiny();
  const HttpResponse answer = api->Post(
      "/v2/embed", R"({"texts":["a"],"output_dimension":9,"embedding_types":["ubinary"]})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const boost::json::value bits = JsonOf(answer).at("embeddings").at("ubinary").at(0);
  ASSERT_EQ(bits.as_array().size(), 2U);
  EXPECT_EQ(bits.at(1).as_int64() & 0x7F, 0);
}

TEST(CohereRoutes, TypesWithoutRangesAreRefused) {
  const auto api = ApiUnderTest::WithTiny();
  const HttpResponse answer =
      api->Post("/v2/embed", R"({"texts":["a"],"embedding_types":["int8"]})");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("ranges"));
  EXPECT_EQ(JsonOf(answer).as_object().size(), 1U);
}

TEST(CohereRoutes, InputsWithOneTextAreTexts) {
  const auto api = ApiUnderTest::WithTiny();
  const HttpResponse answer = api->Post(
      "/v2/embed", R"({"inputs":[{"content":[{"type":"text","text":"a"}]}],"output_dimension":8})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(JsonOf(answer).at("embeddings").at("float").at(0).as_array().size(), 8U);
  EXPECT_EQ(api->Post("/v2/embed", R"({"images":["x"]})").status, 400);
  EXPECT_EQ(api->Post("/v2/embed", R"({"inputs":[{"content":[]}]})").status, 400);
  EXPECT_EQ(api->Post("/v2/embed", R"({"model":"tiny"})").status, 400);
}

TEST(CohereRoutes, Row8TruncateNamesTheEndOrRefusesALongText) {
  const auto api = ApiUnderTest::WithTiny();
  const auto embed = [&](const std::string& text, const char* truncate) {
    const HttpResponse answer =
        api->Post("/v2/embed", R"({"texts":[")" + text + R"("],"truncate":)" + truncate + "}");
    return answer.status == 200 ? boost::json::serialize(JsonOf(answer).at("embeddings"))
                                : std::to_string(answer.status);
  };
  std::string race, spa;  // Each word is one token, and the model reads 46 of them.
  for (int i = 0; i < 46; ++i) race += "race ", spa += "spa ";
  const std::string words = race + spa;
  EXPECT_EQ(embed(words, R"("NONE")"), "400");
  EXPECT_EQ(embed(words, R"("START")"), embed(spa, "null"));
  EXPECT_EQ(embed(words, R"("END")"), embed(race, "null"));
  EXPECT_NE(embed(words, R"("START")"), embed(words, R"("END")"));
}

TEST(CohereRoutes, IdsOfAnswersDiffer) {
  const auto api = ApiUnderTest::WithTiny();
  std::set<std::string> ids;
  for (int i = 0; i < 10; ++i) {
    ids.emplace(JsonOf(api->Post("/v2/embed", R"({"texts":["a"]})")).at("id").as_string());
  }
  EXPECT_EQ(ids.size(), 10U);
}

}  // namespace
}  // namespace vetor
