// The one reading of an .onnx file's graph. The facts of a model, the weights that are left in a
// file and the rewriting of norms take what they need from here; no other code walks over a file.
//
// Everything is a view into the file's bytes, with the place of each field that a rewriter may
// replace (formats/proto_rewrite.h). A node costs 104 bytes and 16 for each of its inputs, outputs
// and attributes, a tensor 224 and its dimensions: the int8 file of MiniLM, with 772 nodes, takes
// 0.3 MB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "formats/onnx/graph_reader.h"
#include "formats/onnx/tensor_reader.h"
#include "vetor/status.h"

namespace vetor {

/// Exporters nest If and Loop twice or three times; protobuf itself stops at 100.
inline constexpr int kMaxOnnxGraphDepth = 32;

/// A file may hold a million empty nodes in 2 MB. No more than this is kept of one file, which is
/// enough for half a million nodes with two inputs each; whole encoders have some thousands.
inline constexpr size_t kMaxOnnxViewBytes = size_t{128} << 20;

struct OnnxGraphTensor {
  enum Role {
    kInitializer,  ///< Of the model's own graph.
    kConstant,     ///< "value" of a node Constant there.
    kOther,        ///< Of another attribute, of a graph inside a node or of a function.
  };

  OnnxTensorView tensor;
  OnnxTensorSize size;  ///< Zeros if its data do not fit its shape.
  Role role = kOther;
  std::string_view value;  ///< The name by which nodes read it: its own, or an output's.
  std::string_view field;  ///< As it stands in its message, tag and length included.
};

/// Immutable. Views into the bytes that were read, which must outlive it.
class OnnxGraphView {
 public:
  /// `model`: a ModelProto, whole or not; absent parts are empty. Errors, without the file's name:
  /// DATA_LOSS for malformed bytes and a message that stands twice where one belongs; UNIMPLEMENTED
  /// for sparse tensors and deeper nesting than kMaxOnnxGraphDepth; RESOURCE_EXHAUSTED for more
  /// than kMaxOnnxViewBytes. If data did not fit a shape before that, that is the error.
  static Result<OnnxGraphView> Read(std::string_view model);

  /// The first tensor in the file whose data do not fit its shape (MeasureOnnxTensor), or OK.
  const Status& misfit() const { return misfit_; }

  std::string_view bytes() const { return bytes_; }  ///< ModelProto.
  std::string_view graph() const { return graph_; }  ///< GraphProto; null data without one.
  const std::vector<OnnxOpset>& opsets() const { return opsets_; }
  /// As they stand in ModelProto.
  const std::vector<std::string_view>& training_fields() const { return training_fields_; }

  /// Of the model's own graph, in the order of the file, as are all lists here.
  const std::vector<OnnxNodeView>& nodes() const { return nodes_; }
  const std::vector<OnnxValue>& inputs() const { return inputs_; }  ///< Perhaps also initialisers.
  const std::vector<OnnxValue>& outputs() const { return outputs_; }

  /// Of graphs inside nodes, at any depth. A node comes after those inside of it.
  const std::vector<OnnxNodeView>& inner_nodes() const { return inner_nodes_; }
  const std::vector<std::string_view>& inner_outputs() const { return inner_outputs_; }
  /// Those inside `node`, which is one of nodes().
  std::span<const OnnxNodeView> InnerNodes(const OnnxNodeView& node) const;
  /// Of functions, with what is inside them. Their names are their own.
  const std::vector<OnnxNodeView>& function_nodes() const { return function_nodes_; }

  /// All tensors of the file.
  const std::vector<OnnxGraphTensor>& tensors() const { return tensors_; }

 private:
  class Reader;

  // Views in pieces that stay where they are when more come.
  class Pool {
   public:
    std::span<const std::string_view> Keep(const std::vector<std::string_view>& views);

   private:
    std::vector<std::unique_ptr<std::string_view[]>> pieces_;
    size_t left_ = 0;  // At the end of the last piece.
    std::string_view* next_ = nullptr;
  };

  OnnxGraphView() = default;

  Status misfit_;
  std::string_view bytes_;
  std::string_view graph_;
  std::vector<OnnxOpset> opsets_;
  std::vector<std::string_view> training_fields_;
  std::vector<OnnxNodeView> nodes_;
  std::vector<OnnxValue> inputs_;
  std::vector<OnnxValue> outputs_;
  std::vector<OnnxNodeView> inner_nodes_;
  std::vector<std::string_view> inner_outputs_;
  std::vector<OnnxNodeView> function_nodes_;
  std::vector<OnnxGraphTensor> tensors_;
  Pool pool_;
};

}  // namespace vetor
