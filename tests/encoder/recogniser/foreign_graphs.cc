#include "tests/encoder/recogniser/foreign_graphs.h"

#include <algorithm>
#include <system_error>

#include "tests/support/unpacked_data.h"

namespace vetor::testing {
namespace {

std::vector<std::string> GraphsIn(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(UnpackedData(folder), error)) {
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::vector<std::string> ForeignGraphs() { return GraphsIn("foreign_graphs"); }

std::filesystem::path ForeignGraph(const std::string& name) {
  return UnpackedData("foreign_graphs") / (name + ".onnx");
}

std::vector<std::string> FusedGraphs() { return GraphsIn("fused_graphs"); }

std::filesystem::path FusedGraph(const std::string& name) {
  return UnpackedData("fused_graphs") / (name + ".onnx");
}

std::vector<std::string> ForeignExports() {
  std::vector<std::string> exports;
  for (const std::string& name : ForeignGraphs()) {
    const std::string made = name.substr(0, name.find(".opset_"));
    if (exports.empty() || exports.back() != made) exports.push_back(made);
  }
  return exports;
}

ForeignGraphTraits TraitsOf(const std::string& name) {
  const bool pooled = name.find(".sentence_transformers.") != std::string::npos;
  // Its RotaryEmbedding reads cosines of one row, whatever the batch is.
  const bool alone = name.starts_with("modernbert.dynamo.opset_23") ||
                     name.starts_with("modernbert.dynamo5.opset_23");
  return {pooled ? "token_embeddings" : "last_hidden_state", pooled, alone};
}

}  // namespace vetor::testing
