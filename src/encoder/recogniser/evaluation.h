// Walks over the nodes of a graph and finds out what one of its outputs means.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "encoder/recogniser/graph_constants.h"
#include "encoder/recogniser/node_call.h"
#include "formats/onnx/graph_view.h"
#include "vetor/status.h"

namespace vetor::recogniser {

/// For one graph. The view and the constants must outlive it; symbols live as long as it does.
class Evaluation {
 public:
  Evaluation(const OnnxGraphView& view, const GraphConstants& constants)
      : view_(view), constants_(constants) {}

  /// Only nodes that lead to `output` are looked at, each once, in the order of the file.
  /// UNIMPLEMENTED names the first that has no meaning here. Throws ProtoError.
  Result<const Symbol*> ValueOf(std::string_view output);

 private:
  Status IndexNodes();
  Status ReadInputs();
  Status MarkNeeded(std::string_view output);
  Status Evaluate(const OnnxNodeView& node);
  Result<const Symbol*> Find(std::string_view value);

  const OnnxGraphView& view_;
  const GraphConstants& constants_;
  int64_t opset_ = 0;
  int64_t runtime_opset_ = 0;  ///< Of com.microsoft; 0: the graph does not say one.
  SymbolStore store_;
  std::unordered_map<std::string_view, size_t> producers_;
  std::unordered_map<std::string_view, const Symbol*> values_;
  std::vector<bool> needed_;
};

}  // namespace vetor::recogniser
