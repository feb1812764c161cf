// The graph and the weights of one model for several sessions, in memory once: mapped from the
// model's files, or copied once if a file may change or a weight is misaligned. Buffers that
// kernels pack are shared as well.
//
// MiniLM: a second session costs 6 MB beside 51 MB for the first, instead of 43.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/onnx/mapped_weights.h"
#include "backend/onnx/ort.h"
#include "formats/onnx/graph_files.h"
#include "vetor/status.h"

namespace vetor {

struct WeightOptions {
  /// Sessions share one copy of the weights. If false, each session has its own copy, which
  /// providers with a memory of their own need.
  bool share = false;
  /// Weights stay in the map of the model's files. If false, all weights are copied.
  bool map = true;
};

/// Thread-safe after Load and RewriteNorms. REQUIRES: LoadRuntime has succeeded. Must outlive the
/// sessions that it opened. No session reads a file by its path.
class SharedWeights {
 public:
  /// REQUIRES: `files->view` is there. Errors: those of TakeOutWeights. Throws Ort::Exception.
  static Result<std::unique_ptr<SharedWeights>> Load(std::shared_ptr<const GraphFiles> files,
                                                     const WeightOptions& options);

  /// Makes sessions that are opened from now on compute layer normalisation as norm_rewrite.h says.
  /// Returns the number of norms that were rewritten.
  int RewriteNorms();

  /// Throws Ort::Exception, as Ort::Session does.
  std::unique_ptr<Ort::Session> Open(const Ort::Env& env, const Ort::SessionOptions& options);

  /// Frees the memory that only opening needs. No session may be opened after it.
  void OpenNoMore();

  /// GraphFiles::Unchanged, if weights are still read from the files.
  Status Unchanged() const { return files_ ? files_->Unchanged() : Status(); }

 private:
  struct alignas(64) Line {
    char bytes[64];
  };
  struct HandedOver {
    std::vector<std::string> names;
    std::vector<Ort::Value> values;  ///< One per name; views into files_ or copies_.
  };

  SharedWeights() = default;
  void Add(const TakenWeight& weight, bool map, HandedOver* to);
  void DropPages() const;

  const Ort::MemoryInfo cpu_ = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
  std::shared_ptr<const GraphFiles> files_;  ///< Null once nothing is read from the files any more.
  std::string own_graph_;
  std::string_view graph_;  ///< own_graph_, or the graph's file as it is.
  std::vector<std::vector<Line>> copies_;
  HandedOver shared_;
  HandedOver others_;
  Ort::PrepackedWeightsContainer packed_;
};

}  // namespace vetor
