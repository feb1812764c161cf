// vetor serve, started as a user starts it: what it says, how it stops, and what its exit codes
// are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <atomic>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "tests/cli/folder_fixture.h"
#include "tests/cli/server_under_test.h"
#include "tests/cli/spawned_command.h"
#include "tests/server/http/self_signed_certificate.h"

namespace vetor::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kTinyModel = VETOR_TEST_DATA_DIR "/model/tiny-bert";

class ServeCommandTest : public FolderFixture {
 protected:
  void SetUp() override {
    ::signal(SIGHUP, SIG_DFL);  // Under nohup the tests ignore it, and then the server would, too.
  }

  static CommandResult Stopped(ServerUnderTest* server, int signal = SIGTERM) {
    server->command().Signal(signal);
    return server->command().Wait();
  }

  // A request for one text's vector, as the first family of routes takes it.
  static testing::RawResponse Embed(const ServerUnderTest& server, const std::string& text) {
    return server.Post("/v1/embeddings", R"({"input": ")" + text + R"("})");
  }

  static std::string VectorOf(const testing::RawResponse& answer) {
    const boost::json::value json = JsonOf(answer);
    return boost::json::serialize(json.at("data").at(0).at("embedding"));
  }
};

TEST_F(ServeCommandTest, WithoutAModelItServesHashingAndSaysSo) {
  ServerUnderTest server({});
  ASSERT_NE(server.port(), 0) << server.log();
  EXPECT_THAT(server.ready_line(), AllOf(HasSubstr("vetor serve: ready at http://127.0.0.1:"),
                                         HasSubstr("hashing-256, which knows only spelling")));
  EXPECT_THAT(server.log(), IsEmpty());
  EXPECT_EQ(server.Get("/ready").status, 200);
  const testing::RawResponse answer = Embed(server, "São Paulo");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(JsonOf(answer).at("model"), "hashing-256");
  EXPECT_EQ(JsonOf(answer).at("data").at(0).at("embedding").as_array().size(), 256U);
  EXPECT_EQ(Stopped(&server).exit_code, 0);
}

TEST_F(ServeCommandTest, AModelIsServedUnderItsName) {
  ServerUnderTest server({"--model", "tiny=" + kTinyModel, "--runtime", "native"});
  ASSERT_NE(server.port(), 0) << server.log();
  EXPECT_THAT(server.ready_line(),
              AllOf(HasSubstr("tiny is tiny-bert, native ("), HasSubstr("fp32")));
  const testing::RawResponse answer =
      server.Post("/v1/embeddings", R"({"input": "GP", "model": "tiny"})");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(JsonOf(answer).at("data").at(0).at("embedding").as_array().size(), 32U);
  const testing::RawResponse unknown =
      server.Post("/v1/embeddings", R"({"input": "GP", "model": "other"})");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(unknown.body, HasSubstr("tiny"));
  EXPECT_EQ(Stopped(&server, SIGINT).exit_code, 0);
}

TEST_F(ServeCommandTest, SeveralModelsHaveCachesOfTheirOwn) {
  ServerUnderTest server({"--model", "a=" + kTinyModel, "--model", "b=" + kTinyModel, "--model",
                          "b.c=" + kTinyModel, "--model", "b_c=" + kTinyModel, "--dim", "16",
                          "--cache-enabled", "--cache-dir", Path("cache")});
  ASSERT_NE(server.port(), 0) << server.log();
  EXPECT_THAT(server.ready_line(), AllOf(HasSubstr(": a is "), HasSubstr("; b is ")));
  EXPECT_THAT(server.log(), Not(HasSubstr("read-only")));
  for (const char* name : {"a", "b", "b.c", "b_c"}) {
    const auto answer =
        server.Post("/v1/embeddings", std::string(R"({"input": "x", "model": ")") + name + "\"}");
    EXPECT_EQ(answer.status, 200) << answer.body;
  }
  EXPECT_EQ(Stopped(&server).exit_code, 0);
  // Two names may be one as a folder's: the later model's has a digest behind it.
  std::vector<std::string> folders = {Path("cache")};
  for (const auto& entry : std::filesystem::directory_iterator(Path("cache"))) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("model-")) folders.push_back(entry.path().string());
  }
  ASSERT_EQ(folders.size(), 4U);
  for (const std::string& folder : folders) {
    const auto stats = RunVetor({"cache", "stats", "--dir", folder, "--json"});
    ASSERT_EQ(stats.exit_code, 0) << stats.err;
    EXPECT_EQ(ParseLines(stats.out).at(0).at("entries"), 1) << folder;
  }
}

TEST_F(ServeCommandTest, SettingsComeFromTheFileAndTheEnvironment) {
  const std::string file = WriteFile("config.json", R"({"ai": {"dim": 64, "cache": {"dir": ""},
      "server": {"host": "localhost", "port": 1, "max_body_mb": 1}}})");
  ServerUnderTest server({"--config", file}, {"VETOR_AI_SERVER_HOST=127.0.0.1"});
  ASSERT_NE(server.port(), 0) << server.log();
  EXPECT_EQ(JsonOf(Embed(server, "x")).at("data").at(0).at("embedding").as_array().size(), 64U);
  const std::string large(2 << 20, 'x');
  EXPECT_EQ(Embed(server, large).status, 413);
}

// systemd's CacheDirectory= names a folder, and a config.json that names none means that one.
TEST_F(ServeCommandTest, TheCacheOfAServiceIsItsDefault) {
  const std::string file = WriteFile("config.json", R"({"ai": {"cache": {"ttl_days": 1}}})");
  ServerUnderTest server({"--config", file, "--cache-enabled"},
                         {"CACHE_DIRECTORY=" + Path("service") + ":" + Path("other")});
  ASSERT_NE(server.port(), 0) << server.log();
  EXPECT_EQ(Embed(server, "x").status, 200);
  EXPECT_EQ(Stopped(&server).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(Path("service")));
  EXPECT_FALSE(std::filesystem::exists(Path("other")));
}

TEST_F(ServeCommandTest, WrongSettingsEndItBeforeItListens) {
  const auto refused = [](const std::vector<std::string>& arguments) {
    std::vector<std::string> words = {"serve", "--port", "0"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    const CommandResult result = RunVetor(words);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_THAT(result.err, Not(HasSubstr("ready")));
    return result.err;
  };
  EXPECT_THAT(refused({"--model", Path("none")}), HasSubstr("none"));
  EXPECT_THAT(refused({"--model", "=x"}), HasSubstr("NAME=MODEL"));
  EXPECT_THAT(refused({"--model", "a=" + kTinyModel, "--model", "a=" + kTinyModel}),
              HasSubstr("two models have the name a"));
  EXPECT_THAT(refused({"--model", kTinyModel, "--model", kTinyModel}),
              HasSubstr("two models have the name tiny-bert"));
  EXPECT_THAT(refused({"--cors", "https://app.example/"}),
              HasSubstr("write \"https://app.example\" in ai.server.cors (--cors)"));
  EXPECT_THAT(refused({"--api-key-file", Path("none.key")}),
              AllOf(HasSubstr("ai.server.api_key_file"), HasSubstr("none.key")));
  EXPECT_THAT(refused({"--api-key-file", WriteFile("empty.key", "\nkey\n")}),
              HasSubstr("is empty; write a key"));
  EXPECT_THAT(refused({"--tls-cert", "c.pem"}),
              HasSubstr("name the private key in ai.server.tls_key (--tls-key)"));
  EXPECT_THAT(refused({"--socket", Path("none/vetor.sock")}),
              HasSubstr("the folder of the socket is not there"));
  EXPECT_THAT(refused({"--max-body-mb", "0"}), HasSubstr("--max-body-mb"));
  EXPECT_THAT(refused({"--prot", "1"}), HasSubstr("did you mean --port?"));
}

TEST_F(ServeCommandTest, WithJsonLinesEveryLineIsJson) {
  ServerUnderTest server({"--log-format", "json"});
  ASSERT_NE(server.port(), 0) << server.log();
  const boost::json::value line = boost::json::parse(server.ready_line());
  EXPECT_EQ(line.at("level"), "info");
  EXPECT_THAT(std::string(line.at("message").as_string()), StartsWith("ready at http://"));
}

// 1 and not 2: the other program may end, and systemd tries again unless the code is 2
// (deploy/systemd/vetor.service).
TEST_F(ServeCommandTest, APortThatIsTakenIsNamedAndMayPass) {
  ServerUnderTest first({});
  ASSERT_NE(first.port(), 0) << first.log();
  const CommandResult second = RunVetor({"serve", "--port", std::to_string(first.port())});
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.err, HasSubstr(std::to_string(first.port())));
}

TEST_F(ServeCommandTest, Row17AModelThatIsNotWholeEndsItWithCode2) {
  std::filesystem::copy(kTinyModel, Path("model"), std::filesystem::copy_options::recursive);
  std::filesystem::remove_all(Path("model/onnx"));
  WriteFile("model/model.onnx",
            "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 90387630\n");
  const CommandResult result = RunVetor({"serve", "--port", "0", "--model", Path("model")});
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("Git LFS pointer"), Not(HasSubstr("ready"))));
}

TEST_F(ServeCommandTest, AnEndIsAnnounced) {
  ServerUnderTest server({"--drain-timeout-s", "7"});
  ASSERT_NE(server.port(), 0) << server.log();
  server.command().Signal(SIGTERM);
  EXPECT_THAT(server.command().ReadErrorLine(),
              AllOf(HasSubstr("it stops"), HasSubstr("for 7 s at most")));
  EXPECT_EQ(server.command().Wait().exit_code, 0);
}

TEST_F(ServeCommandTest, AnAddressThatOthersReachIsWarnedOfOnce) {
  ServerUnderTest open({"--host", "0.0.0.0"});
  EXPECT_THAT(open.log(), HasSubstr("on 0.0.0.0 without a key and unencrypted"));
  ServerUnderTest keyed({"--host", "0.0.0.0", "--api-key-file", WriteFile("key", "secret\n")});
  EXPECT_THAT(keyed.log(), HasSubstr("keys and texts are not encrypted"));
}

TEST_F(ServeCommandTest, TheKeyIsAskedFor) {
  ServerUnderTest server({"--api-key-file", WriteFile("key", "s3cret\r\nnot this\n")});
  ASSERT_NE(server.port(), 0) << server.log();
  EXPECT_EQ(Embed(server, "x").status, 401);
  EXPECT_EQ(server.Get("/ready").status, 200);
  const std::string body = R"({"input": "x"})";
  EXPECT_EQ(server
                .Ask("POST /v1/embeddings HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
                     "s3cret\r\nContent-Type: application/json\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + body)
                .status,
            200);
}

TEST_F(ServeCommandTest, AHangUpReadsTheCertificateAgainAndStopsNothing) {
  ServerUnderTest server({});
  ASSERT_NE(server.port(), 0) << server.log();
  server.command().Signal(SIGHUP);
  EXPECT_THAT(server.command().ReadErrorLine(), HasSubstr("SIGHUP"));
  EXPECT_EQ(server.Get("/ready").status, 200);
  EXPECT_EQ(Stopped(&server).exit_code, 0);
}

// The thread that waits for signals read the certificate itself. A pipe without a writer stands for
// a file system that hangs.
TEST_F(ServeCommandTest, ACertificateThatHangsKeepsNoSignalWaiting) {
  const std::string certificate = Path("cert.pem");
  testing::WriteCertificate("vetor", certificate, Path("key.pem"));
  ServerUnderTest server({"--tls-cert", certificate, "--tls-key", Path("key.pem")});
  ASSERT_NE(server.port(), 0) << server.log();
  std::filesystem::remove(certificate);
  ASSERT_EQ(::mkfifo(certificate.c_str(), 0600), 0);
  server.command().Signal(SIGHUP);
  EXPECT_EQ(Stopped(&server).exit_code, 0);
}

// docs/faults.md, row 15: a client that goes on until it is told to close loses no answer.
TEST_F(ServeCommandTest, Row15UnderLoadEveryRequestIsAnswered) {
  constexpr int kClients = 8;
  constexpr int kAnswersBefore = 5;
  ServerUnderTest server({"--model", kTinyModel});
  ASSERT_NE(server.port(), 0) << server.log();
  std::latch at_work(kClients);
  std::atomic<int> unanswered = 0;
  std::atomic<int> wrong = 0;
  const auto ask_until_told_to_close = [&](int number) {
    testing::RawClient client(server.port());
    for (int answers = 0;; ++answers) {
      if (answers == kAnswersBefore) at_work.count_down();
      const std::string text = std::to_string(number) + " and " + std::to_string(answers);
      const auto answer =
          client.Ask(testing::Post("/v1/embeddings", R"({"input": ")" + text + "\"}"));
      if (!answer) ++unanswered;
      if (answer && answer->status != 200) ++wrong;
      if (!answer || answer->says_close()) {
        if (answers < kAnswersBefore) at_work.count_down();
        return;
      }
    }
  };
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) clients.emplace_back(ask_until_told_to_close, i);
  at_work.wait();
  server.command().Signal(SIGTERM);
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(unanswered, 0);
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(server.command().Wait().exit_code, 0);
}

// docs/faults.md, row 16: what was committed to the cache is there after kill -9.
TEST_F(ServeCommandTest, Row16AfterKillItIsReadyAgainWithItsCache) {
  const std::vector<std::string> arguments = {"--model", kTinyModel, "--cache-enabled",
                                              "--cache-dir", Path("cache")};
  std::string before;
  {
    ServerUnderTest server(arguments);
    ASSERT_NE(server.port(), 0) << server.log();
    before = VectorOf(Embed(server, "Interlagos"));
    // The write is committed in the background, so that the entry is counted until it is there.
    while (true) {
      const auto stats = RunVetor({"cache", "stats", "--dir", Path("cache"), "--json"});
      const auto lines = ParseLines(stats.out);
      if (!lines.empty() && lines.at(0).at("entries").as_int64() == 1) break;
    }
    EXPECT_EQ(Stopped(&server, SIGKILL).exit_code, 128 + SIGKILL);
  }
  EXPECT_EQ(RunVetor({"cache", "verify", "--dir", Path("cache")}).exit_code, 0);
  ServerUnderTest server(arguments);
  ASSERT_NE(server.port(), 0) << server.log();
  const testing::RawResponse answer = Embed(server, "Interlagos");
  EXPECT_EQ(VectorOf(answer), before);
  EXPECT_THAT(server.Get("/metrics").body, HasSubstr("tier=\"disk\"} 1\n"));
  EXPECT_EQ(Stopped(&server).exit_code, 0);
}

// The head that openai 3.57 for Python sends through httpx, byte for byte but for the lengths.
std::string OpenAiRequest(uint16_t port, const std::string& body) {
  return "POST /v1/embeddings HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
         "\r\nAccept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\n"
         "Accept: application/json\r\nContent-Type: application/json\r\n"
         "User-Agent: OpenAI/Python 3.57.0\r\nX-Stainless-Lang: python\r\n"
         "X-Stainless-Package-Version: 3.57.0\r\nX-Stainless-OS: Linux\r\n"
         "X-Stainless-Arch: x64\r\nX-Stainless-Runtime: CPython\r\n"
         "X-Stainless-Runtime-Version: 3.11.7\r\nAuthorization: Bearer sk-none\r\n"
         "X-Stainless-Async: false\r\nx-stainless-retry-count: 0\r\n"
         "x-stainless-read-timeout: 600\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_F(ServeCommandTest, TheRequestsOfOpenAisPythonClient) {
  ServerUnderTest server({"--dim", "4"});
  ASSERT_NE(server.port(), 0) << server.log();
  testing::RawClient connection(server.port());
  const auto ask = [&](const std::string& body) {
    return connection.Ask(OpenAiRequest(server.port(), body)).value_or(testing::RawResponse());
  };
  // What the client sends if its user says nothing of the encoding.
  const testing::RawResponse base64 = ask(
      R"({"input":["GP de São Paulo","Monza"],"model":"hashing-4","encoding_format":"base64"})");
  ASSERT_EQ(base64.status, 200) << base64.body;
  EXPECT_THAT(base64.head, HasSubstr("Content-Type: application/json"));
  const boost::json::value json = JsonOf(base64);
  EXPECT_EQ(json.at("object"), "list");
  ASSERT_EQ(json.at("data").as_array().size(), 2U);
  for (size_t i = 0; i < 2; ++i) {
    const boost::json::object& row = json.at("data").at(i).as_object();
    EXPECT_EQ(row.at("object"), "embedding");
    EXPECT_EQ(row.at("index"), i);
    EXPECT_EQ(row.at("embedding").as_string().size(), 24U);  // 4 float32 in base64
  }
  EXPECT_TRUE(json.at("usage").as_object().contains("prompt_tokens"));
  EXPECT_TRUE(json.at("usage").as_object().contains("total_tokens"));
  // The same connection takes the next requests.
  const testing::RawResponse floats =
      ask(R"({"input":"Monza","model":"hashing-4","encoding_format":"float"})");
  ASSERT_EQ(floats.status, 200) << floats.body;
  EXPECT_EQ(JsonOf(floats).at("data").at(0).at("embedding").as_array().size(), 4U);
  const testing::RawResponse unknown = ask(R"({"input":"Monza","model":"text-embedding-3-small"})");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_TRUE(JsonOf(unknown).at("error").as_object().contains("message"));
  const testing::RawResponse ids = ask(R"({"input":[[101,102]],"model":"hashing-4"})");
  EXPECT_EQ(ids.status, 400);
  EXPECT_EQ(JsonOf(ids).at("error").at("code"), "token_ids_not_supported");
  EXPECT_THAT(ids.body, HasSubstr("check_embedding_ctx_length=False"));
}

}  // namespace
}  // namespace vetor::cli
