// The weights of one graph for several sessions, in memory once: mapped out of the graph's file, or
// copied once where that file may change or a weight lies at an odd place. What kernels pack for
// themselves is there once too.
//
// MiniLM: a second session costs 6 MB beside 51 MB for the first, instead of 43.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "backend/onnx/mapped_weights.h"
#include "backend/onnx/ort.h"
#include "base/file.h"
#include "vetor/status.h"

namespace vetor {

/// Thread-safe after Load and RewriteNorms. REQUIRES: LoadRuntime has succeeded. Must outlive the sessions that it opened.
class SharedWeights {
 public:
  /// `what.share` false: the runtime maps or copies for each session by itself, as providers with
  /// a memory of their own need it. `what.map_others` false: nothing is mapped.
  /// Errors: UNIMPLEMENTED where nothing can be taken out of the graph (external data already, or
  /// no large weight); those of reading it. Throws Ort::Exception.
  static Result<std::unique_ptr<SharedWeights>> Load(const std::filesystem::path& graph,
                                                     const TakeOutOptions& what);

  /// Sessions opened from now on compute layer normalisation as norm_rewrite.h says; how many the
  /// graph has of them.
  int RewriteNorms();

  /// Throws Ort::Exception, as Ort::Session does.
  std::unique_ptr<Ort::Session> Open(const Ort::Env& env, const Ort::SessionOptions& options);

 private:
  struct alignas(64) Line {
    char bytes[64];
  };

  SharedWeights() = default;
  void Add(const WeightPlace& place, bool map);

  const Ort::MemoryInfo cpu_ = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  std::string folder_;
  MappedFile file_;
  std::string graph_;
  std::vector<std::vector<Line>> copies_;
  std::vector<std::string> names_;
  std::vector<Ort::Value> values_;  ///< Of names_; views into file_ or copies_.
  Ort::PrepackedWeightsContainer packed_;
};

}  // namespace vetor
