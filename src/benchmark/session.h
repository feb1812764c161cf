// The state that the parts of a benchmark share while it runs: options, progress, a scratch folder.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "benchmark/configurations.h"
#include "benchmark/workloads.h"
#include "vetor/benchmark.h"
#include "vetor/embeddings_service.h"

namespace vetor {

/// A folder of our own, removed with everything in it in the end.
class ScratchFolder {
 public:
  static Result<std::unique_ptr<ScratchFolder>> Make(const std::string& parent);
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

struct BenchmarkSession {
  const BenchmarkOptions& options;
  std::vector<BenchmarkConfiguration> configurations;
  std::vector<Workload> workloads;
  std::unique_ptr<ScratchFolder> scratch;
  size_t steps = 0;
  size_t step = 0;
  BenchmarkReport* report = nullptr;

  /// Reports the next step; CANCELLED if the caller has requested a stop.
  Status Begin(const std::string& what);
};

}  // namespace vetor
