// Pulls models that the cache already holds, from hubs that give no answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "hub/hub.h"
#include "pull_fixture.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// The page of a network that asks for a log-in first.
ServerAnswer LoginPage() { return {200, {"Content-Type: text/html"}, "<html>log in</html>"}; }

class CachedPullTest : public PullTest {
 protected:
  // The whole model is in the cache.
  void SetUp() override {
    const HubServer server(Plain());
    const auto model = PullModel(Options(server));
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    model_ = *model;
  }

  // Pulls from a hub that gives every request to `handler`.
  Result<PulledModel> PullFrom(const HubServer::Handler& handler, bool weights = false) {
    const HubServer server(handler);
    HubPullOptions options = Options(server);
    options.weights = weights;
    return PullModel(options);
  }
  Result<PulledModel> PullFrom(const ServerAnswer& answer, bool weights = false) {
    return PullFrom([answer](const ServerRequest&) { return answer; }, weights);
  }

  void ExpectFromCache(const Result<PulledModel>& model, const std::string& why) {
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    EXPECT_EQ(model->folder, model_.folder);
    EXPECT_EQ(model->commit, model_.commit);
    EXPECT_EQ(model->files, model_.files);
    EXPECT_TRUE(model->has_graph);
    EXPECT_THAT(model->unreached.message(), HasSubstr(why));
  }

  // Makes a commit after the one in the cache, with another graph.
  void MakeNewer() {
    repository_.commit = std::string(40, 'f');
    repository_.files[kGraph] += "newer";
  }

  PulledModel model_;
};

// Only for 5xx and a hub out of reach was the cache's copy used.
TEST_F(CachedPullTest, AHubWithoutAnAnswerLeavesTheCopyInUse) {
  ExpectFromCache(PullFrom({429, {}}), "429");
  ExpectFromCache(PullFrom({500, {}}), "500");
  ExpectFromCache(PullFrom({503, {}}), "503");
  ExpectFromCache(PullFrom(LoginPage()), "check that HF_ENDPOINT is a model hub and that no proxy");
  ExpectFromCache(PullFrom({200, {}, R"({"login": "here"})"}), "names no commit");
  ExpectFromCache(PullFrom({200, {}, ""}), "is not a JSON object");
  const HubServer portal([](const ServerRequest&) { return LoginPage(); });
  ExpectFromCache(PullFrom({302, {"Location: " + portal.Url("localhost") + "/login"}}),
                  "is not a JSON object");
  ExpectFromCache(PullFrom({302, {"Location: ftp://portal/login"}}), "redirect");
  ExpectFromCache(PullFrom({407, {}}), "407");
}

// The pull waited four times five minutes for files that the cache already had.
TEST_F(CachedPullTest, ALongWaitIsNotWaitedForACopy) {
  ExpectFromCache(PullFrom({429, {"Retry-After: 300"}}), "429");
  EXPECT_THAT(waits_, ElementsAre());
}

// Guards against more than a minute of waiting for files that the cache already has. A time that
// must not be used is an hour, so a pull that waits for it does not end.
TEST_F(CachedPullTest, ASilentHubIsNotWaitedForWithACopy) {
  const HubServer server([](const ServerRequest&) { return ServerAnswer{.silent = true}; });
  HubPullOptions options = Options(server);
  options.settings.metadata_timeout = std::chrono::hours(1);
  options.settings.answer_with_copy = std::chrono::seconds(1);
  ExpectFromCache(PullModel(options), ": no answer within 1 s");
  EXPECT_EQ(server.Requests().size(), 1U);

  const DeafPort deaf;
  options.settings.endpoint = deaf.Url();
  options.settings.connect_with_copy = std::chrono::seconds(1);
  options.settings.answer_with_copy = std::chrono::hours(1);
  ExpectFromCache(PullModel(options), "127.0.0.1");
  EXPECT_THAT(waits_, ElementsAre());
}

// If a hub refuses at once, or is in trouble, it is asked once more.
TEST_F(CachedPullTest, AHubOutOfReachIsAskedTwiceWithACopy) {
  const HubServer server([](const ServerRequest&) { return ServerAnswer{503, {}}; });
  ExpectFromCache(PullModel(Options(server)), "503");
  EXPECT_EQ(server.Requests().size(), 2U);
  HubPullOptions options = Options(server);
  options.settings.endpoint = "http://127.0.0.1:" + std::to_string(ClosedPort());
  ExpectFromCache(PullModel(options), "127.0.0.1");
  EXPECT_THAT(waits_, ElementsAre(std::chrono::seconds(1), std::chrono::seconds(1)));
}

// Without a whole copy there is nothing else to use, so the pull tries as often as before.
TEST_F(CachedPullTest, WithoutACopyTheHubIsAskedFiveTimes) {
  const auto second = std::chrono::seconds(1);
  const HubServer server([](const ServerRequest&) { return ServerAnswer{.silent = true}; });
  HubPullOptions options = Options(server);
  options.weights = true;
  options.settings.metadata_timeout = second;
  options.settings.connect_with_copy = options.settings.answer_with_copy = std::chrono::hours(1);
  EXPECT_EQ(PullModel(options).status().code(), StatusCode::kUnavailable);
  EXPECT_EQ(server.Requests().size(), 5U);
  EXPECT_THAT(waits_, ElementsAre(second, 2 * second, 4 * second, 8 * second));
}

TEST_F(CachedPullTest, WhatTheHubAnswersCounts) {
  EXPECT_THAT(PullFrom({401, {}}).status().ToString(),
              AllOf(HasSubstr("NOT_FOUND"), HasSubstr("private")));
  EXPECT_THAT(PullFrom({403, {}}).status().ToString(),
              AllOf(HasSubstr("PERMISSION_DENIED"), HasSubstr("403")));
  EXPECT_THAT(PullFrom({403, {"X-Error-Code: GatedRepo"}}).status().ToString(), HasSubstr("gated"));
  EXPECT_EQ(PullFrom({404, {}}).status().code(), StatusCode::kNotFound);
  repository_.files["../../evil.json"] = "{}";
  EXPECT_THAT(PullFrom(Plain()).status().ToString(), HasSubstr("evil.json"));
}

// Guards against using a copy although the hub says that the model is gone.
TEST_F(CachedPullTest, EveryRefusalIsAnAnswer) {
  EXPECT_THAT(PullFrom({410, {}}).status().ToString(),
              AllOf(HasSubstr("NOT_FOUND"), HasSubstr("gone from the hub (410)")));
  EXPECT_THAT(PullFrom({451, {}}).status().ToString(),
              AllOf(HasSubstr("PERMISSION_DENIED"), HasSubstr("for legal reasons (451)")));
  for (const int status : {400, 402, 405, 406, 409, 418, 422, 426, 499}) {
    EXPECT_THAT(PullFrom({status, {}}).status().ToString(),
                AllOf(HasSubstr("FAILED_PRECONDITION"),
                      HasSubstr("refuses the request (" + std::to_string(status) + ")")));
  }
  for (const int status : {408, 425, 429}) {
    ExpectFromCache(PullFrom({status, {}}), std::to_string(status));
  }
}

// Guards against an error for an answer like a login page's, which would have left the copy in use.
TEST_F(CachedPullTest, AListingWithoutACommitLeavesTheCopyInUse) {
  const std::string whole = repository_.Listing();
  for (const char* sha : {"null", "7", "\"../../../x\"", "\"\""}) {
    std::string listing = whole;
    const std::string named = "\"" + repository_.commit + "\"";
    const size_t at = listing.find(named);
    ASSERT_NE(at, std::string::npos) << listing;
    listing.replace(at, named.size(), sha);
    ExpectFromCache(PullFrom({200, {}, listing}), "names no commit");
  }
}

// Guards against a damaged copy that every pull called whole; it could not be repaired.
TEST_F(CachedPullTest, AFileOfAnotherSizeIsFetchedAgain) {
  const HubServer server(Plain());
  for (const std::string& file : model_.files) {
    const fs::path place = model_.folder / file;
    const std::vector<std::function<void()>> damages = {
        [&] { fs::resize_file(place, 1); },
        [&] { fs::resize_file(place, fs::file_size(place) + 1); },
        [&] {
          fs::remove(place);
          folder_.Write("models--org--tiny/snapshots/" + model_.commit + "/" + file, "other");
        },
        [&] {
          folder_.Write("elsewhere", repository_.files.at(file));
          fs::remove(place);
          fs::create_symlink(folder_ / "elsewhere", place);
        }};
    for (const auto& damage : damages) {
      damage();
      EXPECT_THAT(PullFrom({503, {}}).status().ToString(),
                  AllOf(HasSubstr("503"), HasSubstr(file + " of commit " + model_.commit +
                                                    " in the cache is damaged")));
      ExpectWhole(PullModel(Options(server)));
      ExpectFromCache(PullFrom({503, {}}), "503");
    }
  }
}

// The record of an earlier version has only names, and another program leaves no record.
TEST_F(CachedPullTest, WhereSizesAreNotKnownTheHubIsAskedForThem) {
  const fs::path record = Repo() / ".vetor" / (model_.commit + ".json");
  const HubServer server(Plain());
  for (const bool another_program : {false, true}) {
    if (another_program) {
      fs::remove(record);
    } else {
      folder_.Write("models--org--tiny/.vetor/" + model_.commit + ".json", repository_.Listing());
      ExpectFromCache(PullFrom({503, {}}), "503");
    }
    fs::resize_file(model_.folder / kGraph, 1);
    const auto mended = PullModel(Options(server));
    ExpectWhole(mended);
    EXPECT_EQ(mended->fetched_bytes, graph().size());
    const size_t asked = server.Count("HEAD", "");
    EXPECT_EQ(PullModel(Options(server))->fetched_bytes, 0U);
    EXPECT_EQ(server.Count("HEAD", ""), asked) << "they are known now";
  }
}

TEST_F(CachedPullTest, ACopyThatLacksAFileIsNotUsed) {
  for (const std::string& file : model_.files) {
    const fs::path place = model_.folder / file;
    const fs::path blob = fs::canonical(place);
    // First the name is lost, then the bytes that it leads to.
    for (const fs::path& lost : {place, blob}) {
      const fs::path aside = folder_ / "aside";
      fs::rename(lost, aside);
      EXPECT_THAT(PullFrom({429, {}}).status().ToString(),
                  AllOf(HasSubstr("RESOURCE_EXHAUSTED"), HasSubstr("429"),
                        HasSubstr("the cache lacks " + file + " of commit " + model_.commit)));
      fs::rename(aside, lost);
    }
  }
  ExpectFromCache(PullFrom({429, {}}), "429");
}

TEST_F(CachedPullTest, ACopyWithoutTheFilesAskedForIsNotUsed) {
  EXPECT_THAT(PullFrom({503, {}}, /*weights=*/true).status().ToString(),
              AllOf(HasSubstr("UNAVAILABLE"), HasSubstr("the cache lacks model.safetensors")));
  const HubServer server([](const ServerRequest&) { return ServerAnswer{503, {}}; });
  HubPullOptions options = Options(server);
  options.include = {"README*"};
  EXPECT_THAT(PullModel(options).status().ToString(), HasSubstr("the cache lacks README.md"));
  options.include = {};
  options.revision = "v2";
  EXPECT_THAT(PullModel(options).status().ToString(), Not(HasSubstr("the cache")));
  options.revision = model_.commit;
  ExpectFromCache(PullModel(options), "503");

  options = Options(server);
  options.settings.offline = true;
  options.weights = true;
  EXPECT_THAT(PullModel(options).status().ToString(),
              AllOf(HasSubstr("NOT_FOUND"), HasSubstr("the cache lacks model.safetensors")));
}

// Another program may have fetched only a part, such as the tokenizer.
TEST_F(CachedPullTest, ACopyOfAnotherProgramIsTakenOfflineAlone) {
  // A damaged record does not count either.
  folder_.Write("models--org--tiny/.vetor/" + model_.commit + ".json", "{}");
  EXPECT_THAT(PullFrom({503, {}}).status().ToString(), HasSubstr("another program"));
  fs::remove_all(Repo() / ".vetor");
  EXPECT_THAT(
      PullFrom({503, {}}).status().ToString(),
      AllOf(HasSubstr("UNAVAILABLE"), HasSubstr("another program"), HasSubstr("HF_HUB_OFFLINE=1")));
  const HubServer server(Plain());
  HubPullOptions options = Options(server);
  options.settings.offline = true;
  ExpectFromCache(PullModel(options), "offline");
  options.weights = true;
  EXPECT_THAT(PullModel(options).status().ToString(), HasSubstr("no weights"));
  options.weights = false;
  fs::remove(model_.folder / kGraph);
  EXPECT_THAT(PullModel(options).status().ToString(), HasSubstr("NOT_FOUND"));
}

TEST_F(CachedPullTest, ANewerCommitThatCannotBeHadLeavesTheOlder) {
  MakeNewer();
  const auto refuse = [this](const std::string& method, const ServerAnswer& answer) {
    return PullFrom([this, method, answer](const ServerRequest& request) {
      const bool graph = repository_.FileOf(request) == kGraph && request.method == method;
      return graph ? answer : repository_.Answer(request);
    });
  };
  for (const char* method : {"HEAD", "GET"}) {
    ExpectFromCache(refuse(method, {429, {}}), "429");
    ExpectFromCache(refuse(method, {503, {}}), "503");
    EXPECT_EQ(refuse(method, {403, {}}).status().code(), StatusCode::kPermissionDenied);
  }
  ExpectFromCache(refuse("HEAD", LoginPage()), "that no proxy changes its answers");
  // Wrong bytes are an answer.
  EXPECT_EQ(refuse("GET", {200, {}, graph().substr(1) + "!"}).status().code(),
            StatusCode::kDataLoss);
  EXPECT_EQ(Content(Repo() / "refs/main"), model_.commit);
}

TEST_F(CachedPullTest, EveryRequestAsksForPlainBytes) {
  MakeNewer();
  const HubServer server(Plain());
  ExpectWhole(PullModel(Options(server)));
  ASSERT_GE(server.Requests().size(), 3U);
  for (const ServerRequest& request : server.Requests()) {
    EXPECT_EQ(request.Header("accept-encoding"), "identity") << request.path;
  }
}

// The message was "is not a JSON object" and did not say why.
TEST_F(PullTest, AnAnswerThatIsCompressedIsNamed) {
  const auto pull = [&](const ServerAnswer& answer) {
    const HubServer server([&](const ServerRequest&) { return answer; });
    return PullModel(Options(server)).status().ToString();
  };
  EXPECT_THAT(pull({200, {"Content-Encoding: gzip"}, "\x1f\x8b\x08 and so on"}),
              AllOf(HasSubstr("DATA_LOSS"), HasSubstr("came compressed (\"gzip\")")));
  EXPECT_THAT(pull({200, {}, "\x1f\x8b\x08 and so on"}), HasSubstr("came compressed (\"gzip\")"));
  EXPECT_THAT(pull({200, {"Content-Encoding: BR"}, "..."}), HasSubstr("came compressed (\"br\")"));
}

// The compressed bytes became the file.
TEST_F(PullTest, AFileThatComesCompressedIsRefused) {
  for (const char* method : {"HEAD", "GET"}) {
    const HubServer server([&](const ServerRequest& request) {
      ServerAnswer answer = repository_.Answer(request);
      if (request.method != method || repository_.FileOf(request) != "config.json") return answer;
      answer.headers.emplace_back("Content-Encoding: gzip");
      answer.body.front() = '\x1f';
      return answer;
    });
    EXPECT_THAT(PullModel(Options(server)).status().ToString(),
                AllOf(HasSubstr("DATA_LOSS"), HasSubstr("config.json"),
                      HasSubstr("came compressed (\"gzip\")")));
    EXPECT_FALSE(fs::exists(Repo() / "snapshots" / repository_.commit / "config.json"));
  }
}

}  // namespace
}  // namespace vetor
