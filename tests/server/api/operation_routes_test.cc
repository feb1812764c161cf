// The routes for who runs the server, what does not exist, and what every answer has.
#include "server/api/operation_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "os/log.h"
#include "server/page.h"
#include "tests/server/api/api_under_test.h"

namespace vetor {
namespace {

using testing::ApiUnderTest;
using testing::FieldOf;
using ::testing::HasSubstr;
using testing::JsonOf;
using testing::MakeRequest;
using ::testing::Not;

TEST(OperationRoutes, AServerThatStopsIsNotReadyAndStillAnswers) {
  const auto api = ApiUnderTest::WithHashing();
  EXPECT_EQ(api->Get("/ready").status, 200);
  api->handler().StartDraining();
  EXPECT_EQ(api->Get("/ready").status, 503);
  EXPECT_EQ(api->Get("/live").status, 200);
  EXPECT_EQ(api->Post("/v1/embeddings", R"({"input":"a"})").status, 200);
}

TEST(OperationRoutes, UnknownPathsAre404InTheirFamilysShape) {
  const auto api = ApiUnderTest::WithHashing();
  EXPECT_EQ(JsonOf(api->Get("/v1/no")).at("error").at("type"), "not_found_error");
  EXPECT_TRUE(JsonOf(api->Get("/v2/no")).as_object().contains("message"));
  EXPECT_TRUE(JsonOf(api->Get("/api/no")).at("error").is_string());
  const HttpResponse plain = api->Get("/no");
  EXPECT_EQ(plain.status, 404);
  EXPECT_THAT(plain.body, HasSubstr("/openapi.json"));
}

TEST(OperationRoutes, AWrongMethodIs405WithThoseThatArePossible) {
  const auto api = ApiUnderTest::WithHashing();
  const HttpResponse answer = api->Get("/v1/embeddings");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(FieldOf(answer, "Allow"), "POST, OPTIONS");
  EXPECT_EQ(FieldOf(api->Send(MakeRequest("DELETE", "/")), "Allow"), "GET, HEAD, POST, OPTIONS");
  for (const char* method : {"HEAD", "TRACE"}) {
    EXPECT_EQ(api->Send(MakeRequest(method, "/v1/embeddings")).status, 405) << method;
  }
}

TEST(OperationRoutes, WhatIsNotBuiltSaysWhatIsMissing) {
  const auto api = ApiUnderTest::WithHashing();
  for (const char* path : {"/rerank", "/v1/rerank", "/v2/rerank", "/embed_sparse", "/embed_all"}) {
    const HttpResponse answer = api->Post(path, "{}");
    EXPECT_EQ(answer.status, 501) << path;
    EXPECT_THAT(answer.body, HasSubstr("lacks")) << path;
  }
}

TEST(OperationRoutes, RefusalsOfTheConnectionHaveTheFamilysShape) {
  const auto api = ApiUnderTest::WithHashing();
  const HttpResponse large = api->handler().Refusal(413, "too large", {.path = "/v1/embeddings"});
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(JsonOf(large).at("error").at("message"), "too large");
  EXPECT_EQ(JsonOf(api->handler().Refusal(400, "x", {.path = "/embed"})).at("error_type"),
            "Validation");
  const HttpResponse full = api->handler().Refusal(503, "full", {});
  EXPECT_EQ(FieldOf(full, "Retry-After"), "1");
}

// Without its field a browser hides the answer, and with it the reason, from the page.
TEST(OperationRoutes, RefusalsOfTheConnectionCanBeReadByPagesOfTheList) {
  ApiOptions options;
  options.config.cors = {"https://app.example"};
  const auto api = ApiUnderTest::WithHashing(options);
  const HttpRequestHead head{.path = "/v1/embeddings",
                             .fields = {{"Origin", "https://app.example"}}};
  const HttpResponse large = api->handler().Refusal(413, "too large", head);
  EXPECT_EQ(FieldOf(large, "Access-Control-Allow-Origin"), "https://app.example");
}

TEST(OperationRoutes, ThePageMayLoadItsOwnFilesOnly) {
  const auto api = ApiUnderTest::WithHashing();
  const HttpResponse page = api->Get("/");
  EXPECT_EQ(page.status, 200);
  for (const PageFile& file : PageFiles()) {
    const HttpResponse answer = api->Get(std::string(file.path));
    EXPECT_EQ(answer.status, 200) << file.path;
    EXPECT_EQ(answer.body, file.bytes) << file.path;
    EXPECT_THAT(FieldOf(answer, "Content-Security-Policy"), HasSubstr("default-src 'none'"));
  }
  EXPECT_EQ(api->Get("/page/no-such-file.js").status, 404);
}

TEST(OperationRoutes, Row3JsonNestedAMillionDeepIsRefused) {
  const auto api = ApiUnderTest::WithHashing();
  const std::string deep = R"({"input":)" + std::string(1'000'000, '[');
  EXPECT_EQ(api->Post("/v1/embeddings", deep).status, 400);
}

TEST(OperationRoutes, Row1BytesThatAreNotATextAre400) {
  const auto api = ApiUnderTest::WithHashing();
  for (const std::string body :
       {"{\"input\":\"\xFF\"}", "{\"input\":\"\xC0\xAF\"}", "\xEF\xBB\xBF{\"input\":\"a\"}",
        "{\"input\":\"a\"} x", "{\"input\":NaN}"}) {
    EXPECT_EQ(api->Post("/v1/embeddings", body).status, 400);
    EXPECT_EQ(api->Post("/embed", body).status, 400);
  }
  EXPECT_EQ(api->Post("/v1/embeddings", R"({"input":"a\u0000b"})").status, 200);
}

TEST(OperationRoutes, Row2HalfOfACharacterIs400) {
  const auto api = ApiUnderTest::WithHashing();
  EXPECT_EQ(api->Post("/v1/embeddings", R"({"input":"\ud800"})").status, 400);
}

TEST(OperationRoutes, Row4AKeyThatIsThereTwiceIs400) {
  const auto api = ApiUnderTest::WithHashing();
  for (const char* path : {"/v1/embeddings", "/embed", "/v2/embed", "/api/embed"}) {
    EXPECT_EQ(api->Post(path, R"({"input":"a","input":"b"})").status, 400) << path;
  }
}

// An empty text has the vector of the special tokens, and its neighbour the one that it has alone.
TEST(OperationRoutes, Row5NoTextsAre400AndAnEmptyTextChangesNoOther) {
  const auto api = ApiUnderTest::WithTiny();
  for (const auto& [path, field] : {std::pair("/v1/embeddings", "input"),
                                    {"/embed", "inputs"},
                                    {"/v2/embed", "texts"},
                                    {"/api/embed", "input"}}) {
    const HttpResponse none = api->Post(path, std::string(R"({")") + field + R"(":[]})");
    EXPECT_EQ(none.status, 400) << path;
    EXPECT_THAT(none.body, HasSubstr("is an empty list; expected at least one text")) << path;
  }
  const boost::json::value rows = JsonOf(api->Post("/embed", R"({"inputs":["spa","","monaco"]})"));
  for (const auto& [row, text] : {std::pair(0, "spa"), {1, ""}, {2, "monaco"}}) {
    const HttpResponse alone =
        api->Post("/embed", std::string(R"({"inputs":[")") + text + R"("]})");
    EXPECT_EQ(rows.at(static_cast<size_t>(row)), JsonOf(alone).at(0)) << text;
  }
  EXPECT_NE(rows.at(1), rows.at(0));
}

std::string* log_lines = nullptr;

TEST(OperationRoutes, Row36TextsAreNotLoggedAndTracesAre) {
  std::string lines;
  log_lines = &lines;
  SetLogLevel(LogLevel::kDebug);
  SetLogSink([](LogLevel, std::string_view message) { log_lines->append(message).append("\n"); });
  const auto api = ApiUnderTest::WithHashing();
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  api->Post("/v1/embeddings", R"({"input":"the secret text"})", {{"traceparent", trace}});
  api->Post("/v1/embeddings", R"({"input":["the secret text",7]})");
  api->Get("/the-secret-path", {{"traceparent", "a\nforged line"}});
  SetLogSink(nullptr);
  SetLogLevel(LogLevel::kWarning);
  EXPECT_THAT(lines, HasSubstr("POST /v1/embeddings 200"));
  EXPECT_THAT(lines, HasSubstr(trace));
  EXPECT_THAT(lines, Not(HasSubstr("secret")));
  EXPECT_THAT(lines, Not(HasSubstr("forged")));
}

}  // namespace
}  // namespace vetor
