// Uses what vetor::exporter, vetor::benchmark and vetor::server add to the library; the same
// find_package finds them.
#include <cstdio>
#include <stop_token>
#include <vector>

#include "vetor/benchmark.h"
#include "vetor/export_model.h"
#include "vetor/server.h"

// Serves hashing on a port that the system chooses, and stops as soon as it is ready.
static bool Serves() {
  vetor::ServerConfig config;
  config.port = 0;
  vetor::ServedModel hashing;
  hashing.config.cache.enabled = false;
  auto server = vetor::EmbeddingsServer::Bind(config, {hashing});
  if (!server.ok()) return false;
  std::stop_source stop;
  size_t models = 0;
  const auto on_ready = [&](const std::vector<vetor::ServedModelInfo>& open) {
    models = open.size();
    stop.request_stop();
  };
  const vetor::Status status = (*server)->Run(stop.get_token(), on_ready);
  std::printf("EmbeddingsServer at %s: %s\n", (*server)->address().c_str(),
              status.ToString().c_str());
  return status.ok() && models == 1 && (*server)->port() != 0;
}

int main() {
  vetor::ExportOptions options;
  options.source = ".";  // This folder has no checkpoint.
  options.output = "never-made";
  const auto report = vetor::ExportModel(options);
  std::printf("ExportModel: %s\n", report.status().ToString().c_str());
  const auto pairs = vetor::ParseScoredPairs("one,two,0.5\nthree,four,0.1\n");
  std::printf("ParseScoredPairs: %zu\n", pairs.ok() ? pairs->size() : 0);
  return !report.ok() && pairs.ok() && pairs->size() == 2 && Serves() ? 0 : 1;
}
