// /metrics: every name is on the page docs/metrics.md, and labels are bounded.
#include "server/api/prometheus_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>

#include "tests/server/api/api_under_test.h"

namespace vetor {
namespace {

using testing::ApiUnderTest;
using ::testing::HasSubstr;
using testing::MakeRequest;
using ::testing::Not;
using Names = std::map<std::string, std::string>;  // Name to type.

Names Find(const std::string& text, const std::regex& pattern) {
  Names names;
  for (std::sregex_iterator found(text.begin(), text.end(), pattern), end; found != end; ++found) {
    names[(*found)[1]] = (*found)[2];
  }
  return names;
}

ApiOptions WithConnections() {
  return {.open_connections = [] { return size_t{3}; }};
}

TEST(PrometheusText, ThePageListsEveryName) {
  const auto api = ApiUnderTest::WithHashing(WithConnections());
  const std::string text = api->Get("/metrics").body;
  std::ifstream file(std::string(VETOR_SOURCE_DIR) + "/docs/metrics.md");
  std::stringstream page;
  page << file.rdbuf();
  EXPECT_EQ(Find(text, std::regex("# TYPE (\\w+) (\\w+)")),
            Find(page.str(), std::regex("\\| `(vetor_\\w+)[^|]*\\| (\\w+) \\|")));
}

TEST(PrometheusText, RequestsAreCountedByRouteAndCode) {
  const auto api = ApiUnderTest::WithHashing(WithConnections());
  api->Post("/v1/embeddings", R"({"input":["a","b"]})");
  api->Post("/embeddings/", R"({"input":["a","b"]})");
  api->Post("/v1/embeddings", "{");
  const std::string text = api->Get("/metrics").body;
  EXPECT_THAT(text, HasSubstr("vetor_requests_total{route=\"/v1/embeddings\",code=\"200\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("vetor_requests_total{route=\"/v1/embeddings\",code=\"400\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("vetor_request_seconds_count{route=\"/v1/embeddings\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("vetor_texts_total{model=\"hash\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("vetor_cache_hits_total{model=\"hash\",tier=\"memory\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("vetor_open_connections 3\n"));
  EXPECT_THAT(text, HasSubstr("vetor_queue_requests 0\n"));
}

TEST(PrometheusText, Row36WhatClientsSendMakesNoLabels) {
  const auto api = ApiUnderTest::WithHashing();
  api->Get("/one-path\"} 1");
  api->Get("/another-path");
  api->Send(MakeRequest("BREW", "/v1/embeddings"));
  api->Get("/v1/models/some-model");
  const std::string text = api->Get("/metrics").body;
  EXPECT_THAT(text, Not(HasSubstr("path")));
  EXPECT_THAT(text, Not(HasSubstr("BREW")));
  EXPECT_THAT(text, Not(HasSubstr("some-model")));
  EXPECT_THAT(text, HasSubstr("vetor_requests_total{route=\"unknown\",code=\"404\"} 2\n"));
}

}  // namespace
}  // namespace vetor
