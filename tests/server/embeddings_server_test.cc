// The public class: what Bind refuses, what is answered before the models are open, and the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "server/api_key.h"
#include "tests/server/http/raw_client.h"
#include "tests/support/scoped_variable.h"
#include "tests/support/temporary_folder.h"
#include "vetor/server.h"

namespace vetor {
namespace {

using ::testing::HasSubstr;
using testing::RawClient;
using testing::RawResponse;

ServerConfig AnyPort() {
  ServerConfig config;
  config.port = 0;
  return config;
}

ServedModel Hashing(std::string name = {}) {
  ServedModel model{.name = std::move(name), .config = {}};
  model.config.cache.enabled = false;
  return model;
}

RawResponse Ask(const EmbeddingsServer& server, std::string_view request) {
  RawClient client(server.port());
  return client.Ask(request).value_or(RawResponse());
}

// A server whose Run goes on in a thread of its own, and is stopped at the end.
class RunningServer {
 public:
  explicit RunningServer(EmbeddingsServer* server) {
    runs_ = std::async(std::launch::async, [this, server] {
      return server->Run(stop_.get_token(), [this](const std::vector<ServedModelInfo>& models) {
        ready_.set_value(models);
      });
    });
  }
  std::vector<ServedModelInfo> AwaitReady() { return ready_.get_future().get(); }
  Status Stop() {
    stop_.request_stop();
    return runs_.get();
  }

 private:
  std::stop_source stop_;
  std::promise<std::vector<ServedModelInfo>> ready_;
  std::future<Status> runs_;
};

TEST(EmbeddingsServerTest, BeforeTheModelsAreOpenItAnswers503) {
  const auto server = EmbeddingsServer::Bind(AnyPort(), {Hashing()});
  ASSERT_TRUE(server.ok()) << server.status().ToString();
  EXPECT_EQ((*server)->address(), "http://127.0.0.1:" + std::to_string((*server)->port()));
  EXPECT_EQ(Ask(**server, testing::Get("/live")).status, 200);
  EXPECT_EQ(Ask(**server, testing::Get("/ready")).status, 503);
  const RawResponse answer =
      Ask(**server, testing::Post("/v1/embeddings", R"({"input": "Monza"})"));
  EXPECT_EQ(answer.status, 503) << answer.body;
  EXPECT_NE(answer.Field("retry-after"), "");
}

// The rules for a loopback address go by the socket that listens.
TEST(EmbeddingsServerTest, TheHeaderHostMayBeTheSocketsOwnAddress) {
  const auto ask = [](const EmbeddingsServer& server, const char* address, std::string host) {
    RawClient client(server.port(), address);
    const auto answer = client.Ask("GET /live HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    return answer ? answer->status : 0;
  };
  ServerConfig config = AnyPort();
  config.host = "127.0.0.2";
  const auto second = EmbeddingsServer::Bind(config, {Hashing()});
  ASSERT_TRUE(second.ok()) << second.status().ToString();
  EXPECT_EQ(ask(**second, "127.0.0.2", "127.0.0.2:80"), 200);
  EXPECT_EQ(ask(**second, "127.0.0.2", "evil.example"), 403);
  config.host = "0.0.0.0";
  const auto open = EmbeddingsServer::Bind(config, {Hashing()});
  ASSERT_TRUE(open.ok()) << open.status().ToString();
  EXPECT_EQ(ask(**open, "127.0.0.1", "any.example"), 200);
}

TEST(EmbeddingsServerTest, ItServesUntilAStopAndThenEndsWell) {
  const auto server = EmbeddingsServer::Bind(AnyPort(), {Hashing("a"), Hashing("b")});
  ASSERT_TRUE(server.ok()) << server.status().ToString();
  RunningServer running(server->get());
  const std::vector<ServedModelInfo> models = running.AwaitReady();
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[1].name, "b");
  EXPECT_EQ(models[1].info.model_id, "hashing-256");
  EXPECT_EQ(Ask(**server, testing::Get("/ready")).status, 200);
  const RawResponse answer =
      Ask(**server, testing::Post("/v1/embeddings", R"({"input": "Monza", "model": "b"})"));
  EXPECT_EQ(answer.status, 200) << answer.body;
  (*server)->ReloadCertificates([](const Status& status) {
    EXPECT_TRUE(status.ok()) << "without TLS there is nothing to read";
  });
  EXPECT_TRUE(running.Stop().ok());
  EXPECT_FALSE(RawClient((*server)->port()).connected());
}

TEST(EmbeddingsServerTest, AStopBeforeItIsReadyEndsItToo) {
  const auto server = EmbeddingsServer::Bind(AnyPort(), {Hashing()});
  ASSERT_TRUE(server.ok()) << server.status().ToString();
  std::stop_source stop;
  stop.request_stop();
  bool ready = false;
  const auto on_ready = [&ready](const std::vector<ServedModelInfo>&) { ready = true; };
  EXPECT_TRUE((*server)->Run(stop.get_token(), on_ready).ok());
  EXPECT_FALSE(ready);
}

TEST(EmbeddingsServerTest, TwoModelsOfOneIdNeedNames) {
  const auto server = EmbeddingsServer::Bind(AnyPort(), {Hashing(), Hashing()});
  ASSERT_TRUE(server.ok()) << server.status().ToString();
  const Status status = (*server)->Run({});
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("two models have the name hashing-256"));
}

// The id is known before the model is opened, and so before the server listens.
TEST(EmbeddingsServerTest, BindRefusesTwoModelsOfOneIdWithoutNames) {
  ServedModel model{.name = {}, .config = {}};
  model.config = EmbeddingsConfig::ForModel(VETOR_TEST_DATA_DIR "/model/tiny-bert");
  ServedModel named = model;
  named.name = "tiny-bert";
  for (const std::vector<ServedModel>& models : {std::vector{model, model}, {named, model}}) {
    const Status status = EmbeddingsServer::Bind(AnyPort(), models).status();
    EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("two models have the name tiny-bert"));
  }
  named.name = "other";
  EXPECT_TRUE(EmbeddingsServer::Bind(AnyPort(), {named, model}).ok());
}

TEST(EmbeddingsServerTest, BindRefusesWhatCannotBeServed) {
  const auto code = [](const ServerConfig& config, const std::vector<ServedModel>& models) {
    return EmbeddingsServer::Bind(config, models).status().code();
  };
  ServerConfig config = AnyPort();
  config.max_body_mb = 0;
  EXPECT_EQ(code(config, {Hashing()}), StatusCode::kInvalidArgument);
  config = AnyPort();
  config.api_key_file = "/there-is-none";
  EXPECT_EQ(code(config, {Hashing()}), StatusCode::kNotFound);
  EXPECT_EQ(code(AnyPort(), {}), StatusCode::kInvalidArgument);
  EXPECT_EQ(code(AnyPort(), {Hashing("a"), Hashing("a")}), StatusCode::kInvalidArgument);
  ServedModel model = Hashing();
  model.config.batch_size = 0;
  EXPECT_EQ(code(AnyPort(), {model}), StatusCode::kInvalidArgument);
  model = Hashing();
  model.config.enabled = false;
  EXPECT_EQ(code(AnyPort(), {model}), StatusCode::kFailedPrecondition);
}

// docs/faults.md, row 17: a server says so before it listens.
TEST(EmbeddingsServerTest, Row17AModelThatIsNotThereEndsItBeforeItListens) {
  ServedModel model = Hashing();
  model.config = EmbeddingsConfig::ForModel("/there-is-no-model");
  const auto server = EmbeddingsServer::Bind(AnyPort(), {model});
  EXPECT_EQ(server.status().code(), StatusCode::kNotFound) << server.status().ToString();
  EXPECT_THAT(server.status().message(), HasSubstr("there-is-no-model"));
}

TEST(EmbeddingsServerTest, AnAddressThatIsTakenIsUnavailable) {
  const auto first = EmbeddingsServer::Bind(AnyPort(), {Hashing()});
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  ServerConfig same = AnyPort();
  same.port = (*first)->port();
  const auto second = EmbeddingsServer::Bind(same, {Hashing()});
  EXPECT_EQ(second.status().code(), StatusCode::kUnavailable) << second.status().ToString();
}

class ApiKeyTest : public ::testing::Test {
 protected:
  Result<std::string> KeyOf(std::string_view content) {
    ServerConfig config;
    config.api_key_file = folder_.Write("key", content).string();
    return ReadApiKey(config);
  }

 private:
  const TemporaryFolder folder_;
};

TEST_F(ApiKeyTest, IsTheFirstLineOfItsFile) {
  EXPECT_EQ(*KeyOf("s3cret"), "s3cret");
  EXPECT_EQ(*KeyOf("s3cret\n"), "s3cret");
  EXPECT_EQ(*KeyOf("s3cret\r\nand more\n"), "s3cret");
}

TEST_F(ApiKeyTest, AnEmptyOneOrOneThatNoHeaderCarriesIsRefused) {
  for (const char* content : {"", "\n", "a key\n", "chave-\xC3\xA3\n", "\ttab"}) {
    EXPECT_EQ(KeyOf(content).status().code(), StatusCode::kInvalidArgument) << content;
  }
  EXPECT_EQ(KeyOf(std::string(100'000, 'k')).status().code(), StatusCode::kInvalidArgument);
}

TEST_F(ApiKeyTest, TheEnvironmentHasItIfThereIsNoFile) {
  const testing::ScopedVariable variable("VETOR_API_KEY", "of the environment");
  EXPECT_EQ(ReadApiKey({}).status().code(), StatusCode::kInvalidArgument) << "it has spaces";
  // A secret that got lost opened the server to everybody.
  const testing::ScopedVariable lost("VETOR_API_KEY", "");
  EXPECT_EQ(ReadApiKey({}).status().code(), StatusCode::kInvalidArgument);
  const testing::ScopedVariable better("VETOR_API_KEY", "from-outside");
  EXPECT_EQ(*ReadApiKey({}), "from-outside");
  EXPECT_EQ(*KeyOf("from-file"), "from-file");
}

TEST_F(ApiKeyTest, WithoutEitherNoKeyIsAskedFor) { EXPECT_EQ(*ReadApiKey({}), ""); }

}  // namespace
}  // namespace vetor
