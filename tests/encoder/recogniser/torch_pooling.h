// Pooling as torch writes sentence-transformers' modules, added to a graph with hidden states.
#pragma once

#include <string>
#include <vector>

#include "formats/onnx/onnx_model.h"

namespace vetor::testing {

/// Each method adds nodes and returns the name of their value.
class TorchPooling {
 public:
  static constexpr const char* kTokens = "last_hidden_state";
  static constexpr const char* kText = "sentence_embedding";

  OnnxModel& model() { return model_; }
  int64_t width() const { return width_; }
  void Take(OnnxModel model, int64_t width);

  std::string Op(const std::string& op_type, std::vector<std::string> inputs,
                 std::vector<OnnxAttribute> attributes = {});
  std::string Axes(std::vector<int64_t> axes);
  std::string Number(float number);
  std::string Integer(int64_t number);

  std::string WideMask();
  std::string Sum(const std::string& x, int64_t axis);
  std::string Mean(float least = 1e-9F);
  std::string Max(float lowest = -1e9F);
  std::string FirstToken();
  /// The last token of the mask, or one that lies before it.
  std::string LastToken(int64_t behind = 1);
  std::string Unit(const std::string& x);
  /// Makes the value the output kText, of `width` components.
  void End(const std::string& value, int64_t width);

 private:
  std::string TokenAt(const std::string& tokens, const std::string& place);
  std::string Reduce(const std::string& op_type, const std::string& x, bool keep);

  OnnxModel model_;
  int64_t width_ = 0;
};

}  // namespace vetor::testing
