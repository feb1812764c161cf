// Pulls from a hub of the test that gives every answer of the protocol.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "hub/hub.h"
#include "hub/hub_cache.h"
#include "os/file_lock.h"
#include "pull_fixture.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(PullTest, TheCacheHasTheSharedLayout) {
  const HubServer server(Plain());
  const auto model = PullModel(Options(server));
  ExpectWhole(model);
  EXPECT_THAT(model->files, ElementsAre("1_Pooling/config.json", "config.json", "modules.json",
                                        kGraph, "tokenizer.json"));
  EXPECT_TRUE(model->has_graph);
  EXPECT_EQ(model->folder, Repo() / "snapshots" / repository_.commit);
  EXPECT_EQ(Content(Repo() / "refs/main"), repository_.commit);
  EXPECT_EQ(fs::read_symlink(model->folder / "config.json"),
            "../../blobs/" + repository_.ETag("config.json"));
  EXPECT_EQ(fs::read_symlink(model->folder / kGraph), "../../../blobs/" + repository_.ETag(kGraph));
  EXPECT_TRUE(
      fs::exists(folder_ / ".locks/models--org--tiny" / (repository_.ETag(kGraph) + ".lock")));
  EXPECT_FALSE(fs::exists(model->folder / "README.md"));

  const auto again = PullModel(Options(server));
  ExpectWhole(again);
  EXPECT_EQ(again->fetched_bytes, 0U);
  EXPECT_EQ(server.Count("HEAD", kGraph), 1U);
  EXPECT_EQ(FindCachedModel("org/tiny", "main", Options(server).settings), model->folder);
  EXPECT_EQ(FindCachedModel("org/tiny", "other", Options(server).settings), std::nullopt);
}

TEST_F(PullTest, CopiesWhereLinksAreNotWanted) {
  const HubServer server(Plain());
  HubPullOptions options = Options(server);
  options.settings.links = false;
  const auto model = PullModel(options);
  ExpectWhole(model);
  EXPECT_FALSE(fs::is_symlink(model->folder / kGraph));
}

TEST_F(PullTest, ProgressEndsAtTheWhole) {
  const HubServer server(Plain());
  HubPullOptions options = Options(server);
  uint64_t last = 0;
  uint64_t whole = 0;
  options.progress = [&](uint64_t done, uint64_t total) {
    last = done;
    whole = total;
  };
  const auto model = PullModel(options);
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(last, whole);
  EXPECT_EQ(model->fetched_bytes, whole);
}

TEST_F(PullTest, TheTokenStaysAtTheHub) {
  const HubServer storage([&](const ServerRequest&) { return ServerAnswer{200, {}, graph()}; });
  const HubServer server([&](const ServerRequest& request) -> ServerAnswer {
    if (repository_.FileOf(request) != kGraph) return repository_.Answer(request);
    return {302,
            {"Location: " + storage.Url("localhost") + "/signed?key=1",
             "X-Repo-Commit: " + repository_.commit, "ETag: \"other\"",
             "X-Linked-ETag: \"" + repository_.ETag(kGraph) + "\"",
             "X-Linked-Size: " + std::to_string(graph().size()), "X-Xet-Hash: abc",
             "Link: <https://cas/x>; rel=\"xet-auth\""}};
  });
  HubPullOptions options = Options(server);
  options.settings.token = "secret";
  ExpectWhole(PullModel(options));
  for (const ServerRequest& request : server.Requests()) {
    EXPECT_EQ(request.Header("authorization"), "Bearer secret") << request.path;
  }
  // HEAD stopped at the redirect, so the storage saw only one request.
  ASSERT_EQ(storage.Requests().size(), 1U);
  EXPECT_EQ(storage.Requests()[0].Header("authorization"), "");
}

TEST_F(PullTest, RenamedRepositoriesAreFollowed) {
  const HubServer server([&](ServerRequest request) -> ServerAnswer {
    const size_t old = request.path.find("org/old");
    if (old == std::string::npos) return repository_.Answer(request);
    request.path.replace(old, 7, "org/tiny");
    return {307, {"Location: " + request.path}};
  });
  HubPullOptions options = Options(server);
  options.id = "org/old";
  const auto model = PullModel(options);
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_EQ(Content(model->folder / kGraph), graph());
}

TEST_F(PullTest, RedirectsInCirclesEnd) {
  const HubServer server([](const ServerRequest& request) -> ServerAnswer {
    return {302, {"Location: " + request.path}};
  });
  const auto model = PullModel(Options(server));
  EXPECT_THAT(model.status().ToString(),
              AllOf(HasSubstr("DATA_LOSS"), HasSubstr("redirects in a row")));
}

TEST_F(PullTest, AShortBodyIsResumedWhereItBroke) {
  const size_t half = graph().size() / 2;
  const HubServer server(WithGraph([&](const ServerRequest& request) {
    ServerAnswer answer = repository_.Answer(request);
    if (request.Header("range").empty()) answer.send = half;
    return answer;
  }));
  const auto model = PullModel(Options(server));
  ExpectWhole(model);
  ASSERT_EQ(server.Count("GET", kGraph), 2U);
  EXPECT_EQ(server.Requests().back().path.find("tokenizer") != std::string::npos, true);
  bool resumed = false;
  for (const ServerRequest& request : server.Requests()) {
    resumed = resumed || request.Header("range") == "bytes=" + std::to_string(half) + "-";
  }
  EXPECT_TRUE(resumed);
}

TEST_F(PullTest, AWholeAnswerToARangeStartsAgain) {
  const HubServer server(WithGraph([&](const ServerRequest& request) {
    ServerAnswer answer{200, {}, graph()};
    if (request.Header("range").empty()) answer.send = 1000;
    return answer;
  }));
  ExpectWhole(PullModel(Options(server)));
}

TEST_F(PullTest, ARangeThatIsRefusedStartsAgain) {
  const HubServer server(WithGraph([&](const ServerRequest& request) -> ServerAnswer {
    if (!request.Header("range").empty()) return {416, {}};
    // The first try breaks, and the third gets everything.
    ServerAnswer answer{200, {}, graph()};
    if (waits_.empty()) answer.send = 1000;
    return answer;
  }));
  ExpectWhole(PullModel(Options(server)));
  EXPECT_EQ(server.Count("GET", kGraph), 3U);
}

TEST_F(PullTest, FiveTriesWithoutProgressAreEnough) {
  const HubServer server(WithGraph([&](const ServerRequest&) {
    return ServerAnswer{200, {"Content-Length: " + std::to_string(graph().size())}, "", 0};
  }));
  const auto model = PullModel(Options(server));
  EXPECT_EQ(model.status().code(), StatusCode::kUnavailable) << model.status().ToString();
  EXPECT_EQ(server.Count("GET", kGraph), 5U);
  EXPECT_THAT(waits_, ElementsAre(milliseconds(1000), milliseconds(2000), milliseconds(4000),
                                  milliseconds(8000)));
  EXPECT_FALSE(fs::exists(Repo() / "refs/main"));
}

TEST_F(PullTest, AFileOfTheWrongSizeIsRefused) {
  for (const std::string& wrong : {graph().substr(1), graph() + "x"}) {
    const HubServer server(WithGraph([&](const ServerRequest& request) -> ServerAnswer {
      if (!request.Header("range").empty()) return {416, {}};
      return {200, {}, wrong};
    }));
    const auto model = PullModel(Options(server));
    EXPECT_EQ(model.status().code(), StatusCode::kDataLoss) << model.status().ToString();
    EXPECT_EQ(Incomplete(), 0);
  }
}

TEST_F(PullTest, AFileOfTheWrongContentIsRefused) {
  std::string wrong = graph();
  wrong[5] = '!';
  const HubServer server(WithGraph([&](const ServerRequest&) {
    return ServerAnswer{200, {}, wrong};
  }));
  const auto model = PullModel(Options(server));
  EXPECT_THAT(model.status().ToString(),
              AllOf(HasSubstr("DATA_LOSS"), HasSubstr("SHA-256"), HasSubstr(kGraph)));
  EXPECT_EQ(Incomplete(), 0);
  EXPECT_FALSE(fs::exists(Repo() / "blobs" / repository_.ETag(kGraph)));
}

TEST_F(PullTest, WhatAKilledProcessLeftIsTakenOver) {
  const fs::path left =
      folder_.Write("models--org--tiny/blobs/" + repository_.ETag(kGraph) + ".0123.incomplete",
                    graph().substr(0, 70'000));
  const HubServer server(Plain());
  const auto model = PullModel(Options(server));
  ExpectWhole(model);
  EXPECT_LT(model->fetched_bytes, graph().size());
  EXPECT_FALSE(fs::exists(left));
}

TEST_F(PullTest, LeftOversThatAreWrongAreFetchedAgain) {
  folder_.Write("models--org--tiny/blobs/" + repository_.ETag(kGraph) + ".0123.incomplete",
                std::string(70'000, '!'));
  const HubServer server(Plain());
  ExpectWhole(PullModel(Options(server)));
}

TEST_F(PullTest, ABusyHubIsAskedAgainWhenItSays) {
  std::atomic<int> asked{0};
  const HubServer server([&](const ServerRequest& request) -> ServerAnswer {
    switch (asked++) {
      case 0:
        return {429, {"RateLimit: \"api\";r=0;t=55"}};
      case 1:
        return {503, {"Retry-After: 3"}};
      case 2:
        return {408, {}};
      default:
        return repository_.Answer(request);
    }
  });
  ExpectWhole(PullModel(Options(server)));
  EXPECT_THAT(waits_, ElementsAre(milliseconds(56'000), milliseconds(4'000), milliseconds(4'000)));
}

// Guards against four waits of ten minutes each.
TEST_F(PullTest, WaitsOfOnePullAreTenMinutesInAll) {
  const auto waits_of = [&](const std::string& asked) {
    waits_.clear();
    const HubServer server([&](const ServerRequest&) {
      return ServerAnswer{429, {"Retry-After: " + asked}};
    });
    EXPECT_EQ(PullModel(Options(server)).status().code(), StatusCode::kResourceExhausted);
    return waits_;
  };
  using std::chrono::seconds;
  EXPECT_THAT(waits_of("9999"), ElementsAre());
  EXPECT_THAT(waits_of("299"), ElementsAre(seconds(300), seconds(300)));
  EXPECT_THAT(waits_of("1"), ElementsAre(seconds(2), seconds(2), seconds(2), seconds(2)));
}

TEST_F(PullTest, ErrorsOfTheListingAreInWords) {
  const auto pull = [&](ServerAnswer answer) {
    const HubServer server([&](const ServerRequest&) { return answer; });
    return PullModel(Options(server)).status().ToString();
  };
  EXPECT_THAT(pull({401, {}}), HasSubstr("private"));
  EXPECT_THAT(pull({404, {"X-Error-Code: RepoNotFound"}}), HasSubstr("private"));
  EXPECT_THAT(pull({403, {"X-Error-Code: GatedRepo"}}), HasSubstr("gated"));
  EXPECT_THAT(pull({404, {"X-Error-Code: RevisionNotFound"}}), HasSubstr("no revision main"));
  EXPECT_THAT(pull({403, {}}), HasSubstr("403"));
  EXPECT_THAT(pull({416, {}}), HasSubstr("416"));
  EXPECT_THAT(pull({429, {}}), HasSubstr("429"));
  EXPECT_THAT(pull({500, {}}), HasSubstr("500"));
  EXPECT_THAT(pull({200, {}, "<html>log in</html>"}), HasSubstr("proxy"));
}

TEST_F(PullTest, AFileThatIsGoneIsRemembered) {
  const HubServer server([&](const ServerRequest& request) -> ServerAnswer {
    if (repository_.FileOf(request) == kGraph) return {404, {"X-Error-Code: EntryNotFound"}};
    return repository_.Answer(request);
  });
  EXPECT_THAT(PullModel(Options(server)).status().ToString(), HasSubstr("no file onnx/model.onnx"));
  EXPECT_TRUE(fs::exists(Repo() / ".no_exist" / repository_.commit / kGraph));
}

TEST_F(PullTest, NamesThatLeaveTheFolderAreRefused) {
  repository_.files["../../evil.json"] = "{}";
  const HubServer server(Plain());
  const auto model = PullModel(Options(server));
  EXPECT_THAT(model.status().ToString(), AllOf(HasSubstr("DATA_LOSS"), HasSubstr("evil.json")));
  EXPECT_FALSE(fs::exists(folder_ / "models--org--tiny"));
}

// A user without a network was told only "Could not resolve host".
TEST_F(PullTest, AHubOutOfReachSaysWhatToDo) {
  const HubServer server(Plain());
  HubPullOptions options = Options(server);
  options.settings.endpoint = "http://127.0.0.1:" + std::to_string(ClosedPort());
  const auto unreachable = PullModel(options);
  EXPECT_EQ(unreachable.status().code(), StatusCode::kUnavailable);
  EXPECT_THAT(unreachable.status().message(),
              HasSubstr("; check the network and the proxy (https_proxy), or name another hub in "
                        "HF_ENDPOINT"));
}

TEST_F(PullTest, WithoutTheHubTheCacheIsUsed) {
  HubPullOptions options;
  {
    const HubServer server(Plain());
    options = Options(server);
    ASSERT_TRUE(PullModel(options).ok());
  }
  options.settings.endpoint = "http://127.0.0.1:" + std::to_string(ClosedPort());
  const auto unreachable = PullModel(options);
  ASSERT_TRUE(unreachable.ok()) << unreachable.status().ToString();
  EXPECT_FALSE(unreachable->unreached.ok());
  EXPECT_EQ(unreachable->commit, repository_.commit);

  options.settings.offline = true;
  options.settings.endpoint = kDefaultHubEndpoint;
  const auto offline = PullModel(options);
  ASSERT_TRUE(offline.ok());
  EXPECT_EQ(offline->folder, unreachable->folder);

  options.id = "org/unknown";
  EXPECT_THAT(PullModel(options).status().ToString(),
              AllOf(HasSubstr("NOT_FOUND"), HasSubstr("HF_HUB_OFFLINE")));
  options.settings.offline = false;
  options.settings.endpoint = "http://127.0.0.1:" + std::to_string(ClosedPort());
  EXPECT_EQ(PullModel(options).status().code(), StatusCode::kUnavailable);
}

TEST_F(PullTest, AnOlderSnapshotStaysUntilTheNewOneIsWhole) {
  const HubServer first(Plain());
  const auto older = PullModel(Options(first));
  ASSERT_TRUE(older.ok());
  repository_.commit = std::string(40, 'f');
  repository_.files[kGraph] += "newer";
  const HubServer broken(WithGraph([](const ServerRequest&) { return ServerAnswer{403, {}}; }));
  EXPECT_FALSE(PullModel(Options(broken)).ok());
  EXPECT_EQ(FindCachedModel("org/tiny", "main", Options(first).settings), older->folder);
}

TEST_F(PullTest, StoppingKeepsWhatIsThere) {
  std::stop_source stop;
  std::promise<void> stopped;
  const std::shared_future<void> waiting = stopped.get_future().share();
  const HubServer server(WithGraph([&](const ServerRequest& request) {
    ServerAnswer answer = repository_.Answer(request);
    answer.send = 50'000;
    answer.then = [waiting] { waiting.wait(); };
    return answer;
  }));
  HubPullOptions options = Options(server);
  options.stop = stop.get_token();
  options.progress = [&](uint64_t done, uint64_t) {
    if (done < 50'000 || stop.stop_requested()) return;
    stop.request_stop();
    stopped.set_value();
  };
  EXPECT_EQ(PullModel(options).status().code(), StatusCode::kCancelled);
  EXPECT_EQ(Incomplete(), 1);
}

TEST_F(PullTest, TwoThatPullTheSameFetchItOnce) {
  const HubServer server(Plain());
  HubPullOptions options = Options(server);
  // Each process waits for the other's lock in real time.
  options.wait = {};
  auto other = std::async(std::launch::async, [&] { return PullModel(options); });
  const auto model = PullModel(options);
  ExpectWhole(model);
  ExpectWhole(other.get());
  EXPECT_EQ(server.Count("GET", kGraph), 1U);
}

TEST_F(PullTest, ALockHeldElsewhereIsWaitedFor) {
  const HubServer server(Plain());
  const fs::path locks = folder_ / ".locks/models--org--tiny";
  fs::create_directories(locks);
  auto lock = FileLock::TryAcquire(locks / (repository_.ETag(kGraph) + ".lock"));
  ASSERT_TRUE(lock.ok());
  std::optional<FileLock> held(*std::move(lock));
  HubPullOptions options = Options(server);
  int polls = 0;
  options.wait = [&](milliseconds, const std::stop_token&) {
    EXPECT_EQ(server.Count("GET", kGraph), 0U);
    if (++polls == 3) held.reset();
  };
  ExpectWhole(PullModel(options));
  EXPECT_EQ(polls, 3);
}

TEST_F(PullTest, WrongIdsAndEndpointsAreUsageErrors) {
  const HubServer server(Plain());
  HubPullOptions options = Options(server);
  options.settings.endpoint = "nonsense";
  EXPECT_THAT(
      PullModel(options).status().ToString(),
      AllOf(HasSubstr("INVALID_ARGUMENT"), HasSubstr("HF_ENDPOINT"), HasSubstr("unset it")));
  options = Options(server);
  options.id = "../etc";
  EXPECT_EQ(PullModel(options).status().code(), StatusCode::kInvalidArgument);
  options = Options(server);
  options.revision = "../main";
  EXPECT_EQ(PullModel(options).status().code(), StatusCode::kInvalidArgument);
  EXPECT_TRUE(server.Requests().empty());
}

}  // namespace
}  // namespace vetor
