// Reads the graph of an .onnx file, once. The facts of a model, the weights that are left in a file
// and the rewriting of norms take what they need from here; no other code walks over a file.
//
// Everything is a view into the file's bytes, and has the place of each field that a rewriter may
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

/// A file may hold a million empty nodes in 2 MB, so no more than this is kept of one file. It is
/// enough for half a million nodes with two inputs each; whole encoders have some thousands.
inline constexpr size_t kMaxOnnxViewBytes = size_t{128} << 20;

struct OnnxGraphTensor {
  enum Role {
    kInitializer,  ///< An initialiser of the model's own graph.
    kConstant,     ///< "value" of a node Constant there.
    /// The value of another attribute, or a tensor of a graph inside a node or of a function.
    kOther,
  };

  OnnxTensorView tensor;
  OnnxTensorSize size;  ///< Zeros if the tensor's data do not fit its shape.
  Role role = kOther;
  /// The name by which nodes read it: its own name, or that of a node's output.
  std::string_view value;
  std::string_view field;  ///< The tensor as it stands in its message, with tag and length.
};

/// Immutable. It holds views into the bytes that were read, which must outlive it.
class OnnxGraphView {
 public:
  /// `model` is a ModelProto, whole or not; absent parts are empty. Errors, without the file's
  /// name: DATA_LOSS for malformed bytes and for a message that stands twice where one belongs;
  /// UNIMPLEMENTED for sparse tensors and for nesting deeper than kMaxOnnxGraphDepth;
  /// RESOURCE_EXHAUSTED for more than kMaxOnnxViewBytes. If the data of an earlier tensor do not
  /// fit its shape, that is the error.
  static Result<OnnxGraphView> Read(std::string_view model);

  /// OK, or the error of the first tensor in the file whose data do not fit its shape
  /// (MeasureOnnxTensor).
  const Status& misfit() const { return misfit_; }

  std::string_view bytes() const { return bytes_; }  ///< The ModelProto.
  /// The GraphProto; its data are null if the file has none.
  std::string_view graph() const { return graph_; }
  const std::vector<OnnxOpset>& opsets() const { return opsets_; }
  /// The fields as they stand in the ModelProto.
  const std::vector<std::string_view>& training_fields() const { return training_fields_; }

  /// The nodes of the model's own graph, in the order of the file; all lists here have that order.
  const std::vector<OnnxNodeView>& nodes() const { return nodes_; }
  const std::vector<OnnxValue>& inputs() const { return inputs_; }  ///< May include initialisers.
  const std::vector<OnnxValue>& outputs() const { return outputs_; }

  /// The nodes of graphs inside nodes, at any depth. A node comes after those inside of it.
  const std::vector<OnnxNodeView>& inner_nodes() const { return inner_nodes_; }
  const std::vector<std::string_view>& inner_outputs() const { return inner_outputs_; }
  /// The nodes inside `node`, which is one of nodes().
  std::span<const OnnxNodeView> InnerNodes(const OnnxNodeView& node) const;
  /// The nodes of functions, with the nodes inside them. Functions have names of their own.
  const std::vector<OnnxNodeView>& function_nodes() const { return function_nodes_; }

  /// All tensors of the file.
  const std::vector<OnnxGraphTensor>& tensors() const { return tensors_; }

 private:
  class Reader;

  // Keeps views in pieces that do not move when more are added.
  class Pool {
   public:
    std::span<const std::string_view> Keep(const std::vector<std::string_view>& views);

   private:
    std::vector<std::unique_ptr<std::string_view[]>> pieces_;
    size_t left_ = 0;  // Room at the end of the last piece.
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
