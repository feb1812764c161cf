// The graphs of tests/data/packed/foreign_graphs.tar.xz, which other exporters wrote
// (tools/exporter/make_foreign_graphs.py), and those of fused_graphs.tar.xz, which ONNX Runtime's
// optimiser made of them (tools/exporter/make_fused_graphs.py).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace vetor::testing {

/// "bert.optimum.opset_14": family, exporter, operator set. All that are there, by name.
std::vector<std::string> ForeignGraphs();

/// "bert.optimum": each family and exporter of them once.
std::vector<std::string> ForeignExports();

std::filesystem::path ForeignGraph(const std::string& name);

/// "bert.optimum.opset_14.o2": a foreign graph and how it was optimised. All that are there, by
/// name.
std::vector<std::string> FusedGraphs();

std::filesystem::path FusedGraph(const std::string& name);

struct ForeignGraphTraits {
  std::string output;   ///< The one that has a vector per token.
  bool pooled = false;  ///< It has the output sentence_embedding, too.
  bool alone = false;   ///< ONNX Runtime refuses batches of several texts.
};

ForeignGraphTraits TraitsOf(const std::string& name);

}  // namespace vetor::testing
