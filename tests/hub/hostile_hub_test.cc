// Pulls from hubs that are slow, endless, indiscreet or hostile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pull_fixture.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

using HostileHubTest = PullTest;

// A hundred bytes per try do not count as progress: otherwise the file would be asked for a
// thousand times.
TEST_F(HostileHubTest, AServerThatGivesLittleATryIsGivenUp) {
  const HubServer server(WithGraph([&](const ServerRequest& request) {
    ServerAnswer answer = repository_.Answer(request);
    answer.send = 100;
    return answer;
  }));
  const auto model = PullModel(Options(server));
  EXPECT_FALSE(model.ok());
  EXPECT_EQ(server.Count("GET", kGraph), 5U);
}

TEST_F(HostileHubTest, AnErrorPageWithoutEndIsAnError) {
  const HubServer server([](const ServerRequest&) {
    return ServerAnswer{.status = 500, .endless = std::string(1 << 16, 'x')};
  });
  const auto model = PullModel(Options(server));
  EXPECT_THAT(model.status().ToString(), AllOf(HasSubstr("UNAVAILABLE"), HasSubstr("500")));
  EXPECT_EQ(waits_.size(), 4U);
}

// A message, a log line or an exception may not hold these, wherever a server puts them.
TEST_F(HostileHubTest, NoSecretIsInAMessage) {
  const std::string signed_address = "https://alice:s3cret@storage.example/x?sig=TOPSECRET";
  const std::vector<ServerAnswer> answers = {
      {302, {"Location: " + signed_address}},
      {302, {"Location: http://storage.example/x y?sig=TOPSECRET"}},
      {302, {"Location: ftp://storage.example/x?sig=TOPSECRET"}},
      {302, {"Location: //alice:s3cret@storage.example"}},
      {403, {"X-Error-Message: token hf_TOPSECRET may not see " + signed_address}},
      {400, {"X-Error-Message: no " + signed_address}},
  };
  for (const ServerAnswer& answer : answers) {
    const HubServer server([&](const ServerRequest&) { return answer; });
    HubPullOptions options = Options(server);
    options.settings.token = "hf_TOPSECRET";
    const std::string message = PullModel(options).status().ToString();
    EXPECT_THAT(message, AllOf(Not(HasSubstr("TOPSECRET")), Not(HasSubstr("s3cret"))));
  }
  const HubServer server(Plain());
  HubPullOptions options = Options(server);
  for (const char* endpoint :
       {"https://alice:s3cret@hub.example", "alice:s3cret@hub.example", "ftp://alice:s3cret@hub",
        "https://alice:s3/cret@hub.example", "https://hub.example?sig=TOPSECRET",
        "alice:s3cret@hub://x", "https://hub.example/ s3cret"}) {
    options.settings.endpoint = endpoint;
    const Status status = PullModel(options).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument) << endpoint;
    EXPECT_THAT(status.message(), AllOf(HasSubstr("HF_ENDPOINT"), Not(HasSubstr("s3cret")),
                                        Not(HasSubstr("TOPSECRET")), Not(HasSubstr("s3/"))));
  }
}

// Headers of a server go to a terminal as text, not as commands to it.
TEST_F(HostileHubTest, HeadersAreShownWithoutControlCharacters) {
  const HubServer server(WithGraph([&](const ServerRequest& request) -> ServerAnswer {
    if (request.Header("range").empty()) {
      ServerAnswer answer = repository_.Answer(request);
      answer.send = 10;
      return answer;
    }
    return {206, {"Content-Range: \033]0;x\007"}, "bytes"};
  }));
  const std::string message = PullModel(Options(server)).status().ToString();
  EXPECT_THAT(message, AllOf(HasSubstr("asked for the bytes"), Not(HasSubstr("\033"))));
}

// If a blob's ETag begins as another's does, it is another blob: what was left of it stays.
TEST_F(HostileHubTest, LeftOversOfAnotherBlobStay) {
  const fs::path other = folder_.Write(
      "models--org--tiny/blobs/" + repository_.ETag(kGraph) + ".1.0123.incomplete", "other");
  const fs::path victim = folder_.Write("victim", "precious");
  fs::create_symlink(victim, Repo() / "blobs" / (repository_.ETag(kGraph) + ".9.incomplete"));
  const HubServer server(Plain());
  const auto model = PullModel(Options(server));
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_EQ(Content(model->folder / kGraph), graph());
  EXPECT_EQ(Content(other), "other");
  EXPECT_EQ(Content(victim), "precious");
}

}  // namespace
}  // namespace vetor
