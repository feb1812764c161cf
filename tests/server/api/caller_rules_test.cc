// Who may call: key, Host, Origin.
#include "server/api/caller_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/server/api/api_under_test.h"

namespace vetor {
namespace {

using testing::ApiUnderTest;
using testing::FieldOf;
using ::testing::HasSubstr;
using testing::JsonOf;
using testing::MakeRequest;

constexpr const char* kText = R"({"input":"a"})";

ApiOptions WithKey() { return {.api_key = "secret-key"}; }

TEST(CallerRules, TheKeyIsWantedAsBearerOrPlain) {
  const auto api = ApiUnderTest::WithHashing(WithKey());
  const HttpResponse missing = api->Post("/v1/embeddings", kText);
  EXPECT_EQ(missing.status, 401);
  EXPECT_EQ(FieldOf(missing, "WWW-Authenticate"), "Bearer");
  EXPECT_EQ(JsonOf(missing).at("error").at("code"), "invalid_api_key");
  for (const HttpField& wrong : std::vector<HttpField>{{"Authorization", "Bearer secret-kez"},
                                                       {"Authorization", "Basic secret-key"},
                                                       {"Authorization", "secret-key"},
                                                       {"Authorization", "Bearer "},
                                                       {"x-api-key", "secret-key2"},
                                                       {"x-api-key", ""}}) {
    EXPECT_EQ(api->Post("/v1/embeddings", kText, {wrong}).status, 401) << wrong.value;
  }
  for (const HttpField& right : std::vector<HttpField>{{"Authorization", "Bearer secret-key"},
                                                       {"authorization", "bearer secret-key"},
                                                       {"X-API-Key", "secret-key"}}) {
    EXPECT_EQ(api->Post("/v1/embeddings", kText, {right}).status, 200) << right.value;
  }
}

TEST(CallerRules, EveryRouteButLifeSignsAndThePageWantsTheKey) {
  const auto api = ApiUnderTest::WithHashing(WithKey());
  for (const char* path : {"/live", "/ready", "/health", "/", "/metrics", "/openapi.json"}) {
    EXPECT_EQ(api->Get(path).status, 200) << path;
  }
  for (const char* path : {"/v1/models", "/info", "/api/tags", "/no-such-path"}) {
    EXPECT_EQ(api->Get(path).status, 401) << path;
  }
  EXPECT_EQ(api->Post("/", R"({"inputs":"a"})").status, 401);
}

TEST(CallerRules, MetricsAreProtectedByOption) {
  ApiOptions options = WithKey();
  options.config.protect_metrics = true;
  const auto api = ApiUnderTest::WithHashing(options);
  for (const char* path : {"/metrics", "/openapi.json"}) {
    EXPECT_EQ(api->Get(path).status, 401) << path;
    EXPECT_EQ(api->Get(path, {{"x-api-key", "secret-key"}}).status, 200) << path;
  }
}

TEST(CallerRules, KeysOfOneLengthAreComparedToTheEnd) {
  EXPECT_TRUE(EqualKeys("abc", "abc"));
  EXPECT_FALSE(EqualKeys("abc", "abd"));
  EXPECT_FALSE(EqualKeys("abc", "xbc"));
  EXPECT_FALSE(EqualKeys("abc", "ab"));
}

TEST(CallerRules, OnALoopbackAddressHostIsTheMachinesOwnName) {
  ApiOptions options;
  options.config.allowed_hosts = {"vetor.test"};
  const auto api = ApiUnderTest::WithHashing(options);
  for (const char* host : {"localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080", "[::1]",
                           "vetor.test", "Vetor.Test:8080"}) {
    EXPECT_EQ(api->Get("/v1/models", {{"Host", host}}).status, 200) << host;
  }
  for (const char* host : {"evil.example", "evil.example:8080", "localhost.evil.example", ""}) {
    const HttpResponse answer = api->Get("/v1/models", {{"Host", host}});
    EXPECT_EQ(answer.status, 403) << host;
    EXPECT_THAT(answer.body, HasSubstr("allowed_hosts"));
  }
}

TEST(CallerRules, OnOtherAddressesHostIsCheckedOnlyAgainstAList) {
  const auto ask = [](ApiUnderTest* api, const char* host) {
    HttpRequest request = MakeRequest("GET", "/live", "", {{"Host", host}});
    request.head.loopback_host = "";
    return api->Send(std::move(request)).status;
  };
  EXPECT_EQ(ask(ApiUnderTest::WithHashing().get(), "any.example"), 200);
  ApiOptions options;
  options.config.allowed_hosts = {"vetor.example"};
  const auto api = ApiUnderTest::WithHashing(options);
  EXPECT_EQ(ask(api.get(), "any.example"), 403);
  EXPECT_EQ(ask(api.get(), "127.0.0.1"), 403);
  EXPECT_EQ(ask(api.get(), "vetor.example"), 200);
}

// A server on 127.0.0.2 refused its own address, and one whose socket systemd had opened went by
// ai.server.host, which nobody listened on.
TEST(CallerRules, TheSocketsOwnAddressIsAName) {
  ApiOptions options;
  options.config.host = "vetor.internal";
  const auto api = ApiUnderTest::WithHashing(options);
  const auto ask = [&api](const char* loopback_host, const char* host) {
    HttpRequest request = MakeRequest("GET", "/live", "", {{"Host", host}});
    request.head.loopback_host = loopback_host;
    return api->Send(std::move(request)).status;
  };
  EXPECT_EQ(ask("127.0.0.2", "127.0.0.2:8080"), 200);
  EXPECT_EQ(ask("127.0.0.2", "localhost:8080"), 200);
  EXPECT_EQ(ask("127.0.0.2", "vetor.internal:8080"), 200);
  EXPECT_EQ(ask("127.0.0.2", "127.0.0.3"), 403);
  EXPECT_EQ(ask("127.0.0.2", "evil.example"), 403);
  EXPECT_EQ(ask("", "evil.example"), 200) << "others reach the socket, and there is no list";
}

TEST(CallerRules, AUnixSocketHasNoHost) {
  const auto api = ApiUnderTest::WithHashing();
  HttpRequest request = MakeRequest("GET", "/live", "", {{"Host", "anything"}});
  request.head.local_socket = true;
  EXPECT_EQ(api->Send(std::move(request)).status, 200);
}

TEST(CallerRules, OtherPagesInTheBrowserAreRefused) {
  const auto api = ApiUnderTest::WithHashing();
  const HttpField json{"Content-Type", "application/json; charset=utf-8"};
  EXPECT_EQ(api->Post("/v1/embeddings", kText, {{"Origin", "https://evil.example"}, json}).status,
            403);
  EXPECT_EQ(api->Post("/v1/embeddings", kText, {{"Origin", "null"}, json}).status, 403);
  EXPECT_EQ(api->Post("/v1/embeddings", kText, {{"Origin", "http://127.0.0.1:8080"}, json}).status,
            200);
  EXPECT_EQ(api->Post("/v1/embeddings", kText, {{"Origin", "http://127.0.0.1:9090"}, json}).status,
            403);
}

TEST(CallerRules, WithAnOriginABodyIsDeclaredAsJson) {
  const auto api = ApiUnderTest::WithHashing();
  const HttpField own{"Origin", "http://127.0.0.1:8080"};
  EXPECT_EQ(api->Post("/v1/embeddings", kText, {own}).status, 415);
  EXPECT_EQ(api->Post("/v1/embeddings", kText, {own, {"Content-Type", "text/plain"}}).status, 415);
  EXPECT_EQ(api->Post("/v1/embeddings", kText, {{"Content-Type", "text/plain"}}).status, 200);
}

TEST(CallerRules, AListedOriginMayReadAnswersAndAskBefore) {
  ApiOptions options = WithKey();
  options.config.cors = {"https://app.example"};
  const auto api = ApiUnderTest::WithHashing(options);
  const HttpField origin{"Origin", "https://app.example"};
  HttpRequest ask = MakeRequest("OPTIONS", "/v1/embeddings", "",
                                {origin,
                                 {"Access-Control-Request-Method", "POST"},
                                 {"Access-Control-Request-Headers", "x-stainless-os"}});
  const HttpResponse preflight = api->Send(std::move(ask));
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(FieldOf(preflight, "Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_EQ(FieldOf(preflight, "Access-Control-Allow-Methods"), "POST, OPTIONS");
  EXPECT_EQ(FieldOf(preflight, "Access-Control-Allow-Headers"), "x-stainless-os");

  const HttpResponse answer = api->Post(
      "/v1/embeddings", kText,
      {origin, {"Content-Type", "application/json"}, {"Authorization", "Bearer secret-key"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(FieldOf(answer, "Access-Control-Allow-Origin"), "https://app.example");
  EXPECT_EQ(FieldOf(answer, "Vary"), "Origin");
}

}  // namespace
}  // namespace vetor
