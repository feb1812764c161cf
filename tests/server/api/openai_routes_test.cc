// OpenAI's routes: shapes of answers and errors.
#include "server/api/openai_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "tests/server/api/api_under_test.h"

namespace vetor {
namespace {

using testing::ApiUnderTest;
using testing::FieldOf;
using ::testing::HasSubstr;
using testing::JsonOf;

TEST(OpenAiRoutes, AnAnswerHasAllThatClientsRead) {
  const auto api = ApiUnderTest::WithTiny();
  const HttpResponse answer = api->Post("/v1/embeddings", R"({"input":["a","b"],"model":"tiny"})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const boost::json::value json = JsonOf(answer);
  EXPECT_EQ(json.at("object"), "list");
  EXPECT_EQ(json.at("model"), "tiny");
  EXPECT_EQ(json.at("data").at(1).at("object"), "embedding");
  EXPECT_EQ(json.at("data").at(1).at("index"), 1);
  EXPECT_EQ(FieldOf(answer, "Content-Type"), "application/json");
  for (const char* name : {"x-compute-tokens", "x-tokenization-time", "x-queue-time",
                           "x-inference-time", "x-total-time"}) {
    EXPECT_NE(FieldOf(answer, name), "") << name;
  }
}

TEST(OpenAiRoutes, AnUnknownModelIs404WithTheNamesThatExist) {
  const auto api = ApiUnderTest::WithHashing();
  for (const HttpResponse& answer :
       {api->Post("/v1/embeddings", R"({"input":"a","model":"text-embedding-3"})"),
        api->Get("/v1/models/text-embedding-3")}) {
    EXPECT_EQ(answer.status, 404);
    const boost::json::value error = JsonOf(answer).at("error");
    EXPECT_EQ(error.at("code"), "model_not_found");
    EXPECT_EQ(error.at("type"), "not_found_error");
    EXPECT_THAT(std::string(error.at("message").as_string()), HasSubstr("\"hash\""));
  }
}

TEST(OpenAiRoutes, TheNameChoosesTheModel) {
  ApiUnderTest api({}, {"hash", "tiny"});
  api.models().Put(0, testing::OpenForServing(testing::HashingConfig()));
  api.models().Put(1, testing::OpenForServing(testing::TinyConfig(Runtime::kNative)));
  const auto dim = [&api](const char* body) {
    const HttpResponse answer = api.Post("/v1/embeddings", body);
    return JsonOf(answer).at("data").at(0).at("embedding").as_array().size();
  };
  EXPECT_EQ(dim(R"({"input":"a"})"), 256U);
  EXPECT_EQ(dim(R"({"input":"a","model":""})"), 256U);
  EXPECT_EQ(dim(R"({"input":"a","model":"hash"})"), 256U);
  EXPECT_EQ(dim(R"({"input":"a","model":"tiny"})"), 32U);
  EXPECT_EQ(JsonOf(api.Get("/v1/models")).at("data").as_array().size(), 2U);
}

TEST(OpenAiRoutes, RawRowsAreFloat32WithTheirShape) {
  const auto api = ApiUnderTest::WithHashing();
  const HttpResponse answer = api->Post("/v1/embeddings", R"({"input":["a","b c"]})",
                                        {{"Accept", "application/octet-stream"}});
  ASSERT_EQ(answer.status, 200);
  EXPECT_EQ(FieldOf(answer, "Content-Type"), "application/octet-stream");
  EXPECT_EQ(FieldOf(answer, "x-vetor-shape"), "2,256");
  const auto rows = api->service().Embed({"a", "b c"});
  ASSERT_EQ(answer.body.size(), rows->values.size() * sizeof(float));
  EXPECT_EQ(std::memcmp(answer.body.data(), rows->values.data(), answer.body.size()), 0);
}

TEST(OpenAiRoutes, AnErrorNamesTheFieldWhatWasExpectedAndWhatWasFound) {
  const auto api = ApiUnderTest::WithHashing();
  const auto error = [&api](const char* body) {
    const HttpResponse answer = api->Post("/v1/embeddings", body);
    EXPECT_EQ(answer.status, 400) << body;
    return std::string(JsonOf(answer).at("error").at("message").as_string());
  };
  EXPECT_THAT(error(R"({"input":["a",{}]})"), HasSubstr("\"input\"[1] is an object"));
  EXPECT_THAT(error(R"({"model":"hash"})"), HasSubstr("\"input\" is missing"));
  EXPECT_THAT(error(R"({"input":"a","encoding_format":"hex"})"),
              HasSubstr("expected one of \"float\", \"base64\""));
  EXPECT_THAT(error(R"({"input":"a","dimensions":"8"})"), HasSubstr("expected an integer"));
  EXPECT_THAT(error(R"({"input":"a","dimensions":0})"), HasSubstr("expected 1 to 256"));
  EXPECT_THAT(error("[]"), HasSubstr("expected a JSON object"));
  EXPECT_THAT(error(""), HasSubstr("the request body"));
}

TEST(OpenAiRoutes, TheKindOfATextChoosesThePrompt) {
  const auto api = ApiUnderTest::WithTiny();
  const auto vector = [&api](const std::string& more) {
    const HttpResponse answer = api->Post("/v1/embeddings", R"({"input":"race")" + more + "}");
    EXPECT_EQ(answer.status, 200) << answer.body;
    return JsonOf(answer).at("data");
  };
  const auto query = vector(R"(,"prompt_name":"query")");
  const auto passage = vector(R"(,"prompt_name":"passage")");
  EXPECT_NE(query, passage);
  for (const char* kind : {"query", "search_query", "retrieval.query"}) {
    EXPECT_EQ(vector(R"(,"input_type":")" + std::string(kind) + '"'), query) << kind;
    EXPECT_EQ(vector(R"(,"task":")" + std::string(kind) + '"'), query) << kind;
  }
  for (const char* kind : {"document", "passage", "search_document", "corpus"}) {
    EXPECT_EQ(vector(R"(,"input_type":")" + std::string(kind) + '"'), passage) << kind;
  }
  EXPECT_EQ(vector(R"(,"input_type":"classification")"), vector(""));

  const HttpResponse unknown =
      api->Post("/v1/embeddings", R"({"input":"race","prompt_name":"queri"})");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_THAT(unknown.body, HasSubstr("passage"));
}

TEST(OpenAiRoutes, AWrongKindIsRefusedInAFieldThatAnotherOneOutranksAsWell) {
  const auto api = ApiUnderTest::WithTiny();
  for (const char* outranking : {"", R"("input_type":"query",)", R"("prompt_name":"query",)"}) {
    const HttpResponse answer = api->Post(
        "/v1/embeddings", "{" + std::string(outranking) + R"("input":"race","task":"AAA"})");
    EXPECT_EQ(answer.status, 400) << outranking;
    EXPECT_EQ(JsonOf(answer).at("error").at("param"), "task") << outranking;
  }
}

TEST(OpenAiRoutes, AModelWithoutPromptsTakesEveryKind) {
  const auto api = ApiUnderTest::WithHashing();
  const HttpResponse plain = api->Post("/v1/embeddings", R"({"input":"race"})");
  const HttpResponse query =
      api->Post("/v1/embeddings", R"({"input":"race","input_type":"query"})");
  EXPECT_EQ(plain.body, query.body);
}

TEST(OpenAiRoutes, Row8ALongTextIsCutAndCountedOrRefused) {
  const auto api = ApiUnderTest::WithTiny();
  std::string words;
  for (int i = 0; i < 100; ++i) words += "fast ";
  const HttpResponse cut = api->Post("/v1/embeddings", R"({"input":")" + words + R"("})");
  EXPECT_EQ(cut.status, 200);
  EXPECT_EQ(FieldOf(cut, "x-vetor-truncated"), "1");
  const HttpResponse refused =
      api->Post("/v1/embeddings", R"({"input":")" + words + R"(","truncate":false})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(JsonOf(refused).at("error").at("message"),
            "text 0 has 402 tokens, the maximum is 48; shorten it, or send \"truncate\": true; for "
            "requests without \"truncate\" the server's setting ai.onnx.on_long decides");
}

TEST(OpenAiRoutes, ARequestThatIsTooOldIs504) {
  const auto api = ApiUnderTest::WithHashing();
  HttpRequest request = testing::MakeRequest("POST", "/v1/embeddings", R"({"input":"a"})");
  request.received = testing::kNow - std::chrono::minutes(2);
  const HttpResponse answer = api->Send(std::move(request));
  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(api->service().metrics().calls, 0U);
}

}  // namespace
}  // namespace vetor
