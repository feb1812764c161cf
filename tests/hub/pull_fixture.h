// Pulls into a cache of its own, from a hub that gives whatever answer the test wants.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "hub/hub.h"
#include "hub_server.h"
#include "tests/support/temporary_folder.h"

namespace vetor {

inline constexpr const char* kGraph = "onnx/model.onnx";

inline std::string Content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

class PullTest : public ::testing::Test {
 protected:
  HubPullOptions Options(const HubServer& server) {
    HubPullOptions options{{.id = repository_.id}};
    options.settings.endpoint = server.Url();
    options.settings.cache = folder_.path();
    options.wait = [this](std::chrono::milliseconds time, const std::stop_token&) {
      waits_.push_back(time);
    };
    return options;
  }

  HubServer::Handler Plain() {
    return [this](const ServerRequest& request) { return repository_.Answer(request); };
  }

  // Answers as usual, except for GET of the graph.
  HubServer::Handler WithGraph(std::function<ServerAnswer(const ServerRequest&)> graph) {
    return [this, graph = std::move(graph)](const ServerRequest& request) {
      const bool asked = request.method == "GET" && repository_.FileOf(request) == kGraph;
      return asked ? graph(request) : repository_.Answer(request);
    };
  }

  std::filesystem::path Repo() const { return folder_ / "models--org--tiny"; }

  // Expects that the cache holds the whole model and nothing unfinished.
  void ExpectWhole(const Result<PulledModel>& model) {
    ASSERT_TRUE(model.ok()) << model.status().ToString();
    for (const std::string& file : model->files) {
      EXPECT_EQ(Content(model->folder / file), repository_.files.at(file)) << file;
    }
    EXPECT_EQ(Incomplete(), 0);
  }

  int Incomplete() const {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(Repo() / "blobs")) {
      if (entry.path().extension() == ".incomplete") ++count;
    }
    return count;
  }

  const std::string& graph() const { return repository_.files.at(kGraph); }

  TemporaryFolder folder_;
  Repository repository_ = TinyRepository();
  std::vector<std::chrono::milliseconds> waits_;
};

}  // namespace vetor
