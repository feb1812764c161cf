// Pulls of one model at the same time, by threads and by processes, into one cache.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "hub/hub.h"
#include "hub_server.h"
#include "tests/support/temporary_folder.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

std::string Content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

HubPullOptions OptionsFor(const std::string& url, const fs::path& cache) {
  HubPullOptions options{{.id = "org/tiny"}};
  options.settings.endpoint = url;
  options.settings.cache = cache;
  return options;
}

// Expects the whole model, the reference to it, and no scratch file.
void ExpectWhole(const Repository& repository, const fs::path& cache) {
  const fs::path folder = cache / "models--org--tiny";
  EXPECT_EQ(Content(folder / "refs/main"), repository.commit);
  for (const char* file : {"config.json", "onnx/model.onnx", "1_Pooling/config.json"}) {
    EXPECT_EQ(Content(folder / "snapshots" / repository.commit / file), repository.files.at(file));
  }
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    EXPECT_EQ(name.find(".tmp"), std::string::npos) << entry.path();
    EXPECT_FALSE(name.ends_with(".incomplete")) << entry.path();
  }
}

// Two threads wrote refs/main under one scratch name, and one renamed the other's file away.
TEST(PullRaceTest, ThreadsOfOneProcessMayPullAtOnce) {
  const TemporaryFolder folder;
  const Repository repository = TinyRepository();
  const HubServer server([&](const ServerRequest& request) { return repository.Answer(request); });
  for (int round = 0; round < 20; ++round) {
    const fs::path cache = folder / std::to_string(round);
    std::vector<std::thread> threads;
    std::vector<Status> results(4);
    for (Status& result : results) {
      threads.emplace_back([&] { result = PullModel(OptionsFor(server.Url(), cache)).status(); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const Status& result : results) ASSERT_TRUE(result.ok()) << result.ToString();
    ExpectWhole(repository, cache);
    EXPECT_EQ(server.Count("GET", "onnx/model.onnx"), static_cast<size_t>(round + 1));
  }
}

// The children begin before the server's threads do, and learn its port through a pipe.
TEST(PullRaceTest, ProcessesMayPullIntoOneCache) {
  constexpr int kProcesses = 3;
  const TemporaryFolder folder;
  int port_pipe[2];
  ASSERT_EQ(::pipe(port_pipe), 0);
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      int port = 0;
      if (::read(port_pipe[0], &port, sizeof port) != sizeof port) ::_exit(2);
      const std::string url = "http://127.0.0.1:" + std::to_string(port);
      ::_exit(PullModel(OptionsFor(url, folder.path())).ok() ? 0 : 1);
    }
    children.push_back(child);
  }
  const Repository repository = TinyRepository();
  const HubServer server([&](const ServerRequest& request) { return repository.Answer(request); });
  const int port = server.port();
  for (int i = 0; i < kProcesses; ++i) {
    ASSERT_EQ(::write(port_pipe[1], &port, sizeof port), static_cast<ssize_t>(sizeof port));
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
  }
  ::close(port_pipe[0]);
  ::close(port_pipe[1]);
  ExpectWhole(repository, folder.path());
  EXPECT_EQ(server.Count("GET", "onnx/model.onnx"), 1U);
}

}  // namespace
}  // namespace vetor
