// Sends one request to servers that are slow, endless or indiscreet.
#include "hub/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hub_server.h"

namespace vetor {
namespace {

using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

HttpOutcome Get(const HubServer& server, HubRequest request = {}) {
  request.url = server.Url() + "/signed?key=SECRET";
  return HttpClient().Send(request);
}

// An error page without an end held the caller for ever, although only its status and headers are
// needed.
TEST(HttpClientTest, ABodyThatNobodyReadsIsNotWaitedFor) {
  for (const int status : {500, 404, 302, 204 + 99}) {
    const HubServer server([status](const ServerRequest&) {
      return ServerAnswer{
          .status = status, .headers = {"X-Error-Code: E"}, .endless = std::string(1 << 16, 'x')};
    });
    const HttpOutcome outcome = Get(server);
    EXPECT_TRUE(outcome.status.ok()) << outcome.status.ToString();
    EXPECT_EQ(outcome.response.status, status);
    EXPECT_EQ(*outcome.response.Header("x-error-code"), "E");
  }
}

TEST(HttpClientTest, ABodyThatIsCollectedHasABound) {
  const HubServer server(
      [](const ServerRequest&) { return ServerAnswer{.endless = std::string(1 << 20, ' ')}; });
  EXPECT_THAT(Get(server).status.ToString(), AllOf(HasSubstr("DATA_LOSS"), HasSubstr("64 MiB")));
}

// A byte now and then stays below any timeout between two bytes.
TEST(HttpClientTest, ADripEndsWithTheTimeForTheWhole) {
  const HubServer server(
      [](const ServerRequest&) { return ServerAnswer{.endless = " ", .pace_ms = 50}; });
  const HttpOutcome outcome = Get(server, {.total = seconds(1)});
  EXPECT_EQ(outcome.status.code(), StatusCode::kUnavailable) << outcome.status.ToString();
  EXPECT_FALSE(outcome.retry);  // Another try would take as long.
}

TEST(HttpClientTest, ADripBelowTheLeastRateEnds) {
  for (const int status : {200, 500}) {
    const HubServer server([status](const ServerRequest&) {
      return ServerAnswer{.status = status, .endless = " ", .pace_ms = 50};
    });
    const HttpOutcome outcome = Get(server, {.timeout = seconds(1), .least_rate = 1000});
    EXPECT_EQ(outcome.status.code(), StatusCode::kUnavailable) << outcome.status.ToString();
    EXPECT_TRUE(outcome.retry);
  }
}

TEST(HttpClientTest, MessagesNameTheHostAlone) {
  const int port = ClosedPort();
  const HttpOutcome outcome =
      HttpClient().Send({.url = "http://127.0.0.1:" + std::to_string(port) + "/a?sig=SECRET"});
  EXPECT_EQ(outcome.status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(outcome.status.message(), AllOf(HasSubstr("127.0.0.1"), Not(HasSubstr("SECRET"))));
}

// libcurl's message repeats a proxy's address, with the password.
TEST(HttpClientTest, AProxysPasswordIsInNoMessage) {
  for (const char* proxy : {"nonsense://alice:s3cret@127.0.0.1:1", "http://alice:s3cret@[::1",
                            "http://alice:s3cret@127.0.0.1:1"}) {
    ::setenv("http_proxy", proxy, 1);
    const HttpOutcome outcome = HttpClient().Send({.url = "http://hub.example/a"});
    ::unsetenv("http_proxy");
    EXPECT_FALSE(outcome.status.ok());
    EXPECT_THAT(outcome.status.message(), Not(HasSubstr("s3cret"))) << proxy;
  }
}

}  // namespace
}  // namespace vetor
