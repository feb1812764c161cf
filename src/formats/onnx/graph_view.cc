#include "formats/onnx/graph_view.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "formats/onnx/schema.h"

namespace vetor {
namespace {

using onnx::FunctionProto;
using onnx::GraphProto;
using onnx::ModelProto;
using onnx::NodeProto;

// The error for OnnxAttributeView::tensor_twice and graph_twice.
Status Twice(const char* what) {
  return DataLossError(std::string("it has more than one ") + what + " where one belongs");
}

}  // namespace

std::span<const std::string_view> OnnxGraphView::Pool::Keep(
    const std::vector<std::string_view>& views) {
  constexpr size_t kPiece = 1024;
  if (views.size() > left_) {
    left_ = std::max(kPiece, views.size());
    next_ = pieces_.emplace_back(std::make_unique<std::string_view[]>(left_)).get();
  }
  const std::span<std::string_view> kept(next_, views.size());
  std::copy(views.begin(), views.end(), kept.begin());
  next_ += views.size();
  left_ -= views.size();
  return kept;
}

std::span<const OnnxNodeView> OnnxGraphView::InnerNodes(const OnnxNodeView& node) const {
  return std::span(inner_nodes_).subspan(node.inner_begin, node.inner_end - node.inner_begin);
}

// Reads in one pass, depth first, so that it reports the first fault of a file. Throws ProtoError.
class OnnxGraphView::Reader {
 public:
  explicit Reader(OnnxGraphView* view) : view_(*view) {}

  Status ReadModel(ProtoMessage model);

 private:
  // Where a message lies: in the model's own graph at depth 0, otherwise inside a node; in a
  // function from depth 1 on.
  struct Place {
    int depth = 0;
    bool in_function = false;
  };

  Status ReadFunction(ProtoMessage function);
  Status ReadGraph(ProtoMessage graph, Place place);
  Status ReadPart(ProtoMessage part, Place place);
  Status ReadNode(ProtoMessage field, Place place);
  Status ReadAttribute(ProtoMessage message, const OnnxNodeView& node, Place place);
  Status AddTensor(ProtoMessage field, OnnxGraphTensor::Role role, std::string_view value);
  Status AddValue(OnnxValue value, std::vector<OnnxValue>* values);
  Status KeepNode(ProtoMessage field, OnnxNodeView* node);
  Status Note(std::string_view part, std::vector<std::string_view>* parts);
  template <typename Part>
  Status Add(Part part, std::vector<Part>* parts);
  Status Charge(size_t bytes);

  OnnxGraphView& view_;
  bool has_graph_ = false;
  size_t bytes_ = 0;
  // Kept to be used again.
  std::vector<std::string_view> node_inputs_, node_outputs_, node_attributes_;
};

Status OnnxGraphView::Reader::Charge(size_t bytes) {
  bytes_ += bytes;
  if (bytes_ <= kMaxOnnxViewBytes) return Status();
  return ResourceExhaustedError(
      "its graph has too many nodes, values and tensors: to list them "
      "takes more than " +
      std::to_string(kMaxOnnxViewBytes >> 20) +
      " MB, which no encoder needs; export the model again");
}

template <typename Part>
Status OnnxGraphView::Reader::Add(Part part, std::vector<Part>* parts) {
  VETOR_RETURN_IF_ERROR(Charge(sizeof part));
  parts->push_back(std::move(part));
  return Status();
}

Status OnnxGraphView::Reader::ReadModel(ProtoMessage model) {
  while (model.Next()) {
    switch (model.field()) {
      case ModelProto::kGraph:
        if (std::exchange(has_graph_, true)) return Twice("graph");
        view_.graph_ = model.Bytes();
        VETOR_RETURN_IF_ERROR(ReadGraph(ProtoMessage(view_.graph_), {}));
        break;
      case ModelProto::kOpsetImport:
        VETOR_RETURN_IF_ERROR(Add(ReadOnnxOpset(model.Message()), &view_.opsets_));
        break;
      case ModelProto::kFunctions:
        VETOR_RETURN_IF_ERROR(ReadFunction(model.Message()));
        break;
      case ModelProto::kTrainingInfo:
        if (model.IsBytes()) VETOR_RETURN_IF_ERROR(Add(model.Raw(), &view_.training_fields_));
        break;
      default:
        break;
    }
  }
  return Status();
}

Status OnnxGraphView::Reader::ReadFunction(ProtoMessage function) {
  const Place place{.depth = 1, .in_function = true};
  while (function.Next()) {
    if (function.field() == FunctionProto::kNode) {
      VETOR_RETURN_IF_ERROR(ReadNode(function, place));
    } else if (function.field() == FunctionProto::kAttributeProto) {
      VETOR_RETURN_IF_ERROR(ReadAttribute(function.Message(), {}, place));
    }
  }
  return Status();
}

Status OnnxGraphView::Reader::ReadGraph(ProtoMessage graph, Place place) {
  if (place.depth > kMaxOnnxGraphDepth) {
    return UnimplementedError("its graphs are nested more than " +
                              std::to_string(kMaxOnnxGraphDepth) + " deep");
  }
  while (graph.Next()) VETOR_RETURN_IF_ERROR(ReadPart(graph, place));
  return Status();
}

// `part` stands at a field of a GraphProto; it is a copy of the reader's position.
Status OnnxGraphView::Reader::ReadPart(ProtoMessage part, Place place) {
  const bool own = place.depth == 0;
  switch (part.field()) {
    case GraphProto::kNode:
      return ReadNode(part, place);
    case GraphProto::kInitializer:
      return AddTensor(part, own ? OnnxGraphTensor::kInitializer : OnnxGraphTensor::kOther, {});
    case GraphProto::kInput:
      return own ? AddValue(ReadOnnxValue(part.Message()), &view_.inputs_) : Status();
    case GraphProto::kOutput:
      if (own) return AddValue(ReadOnnxValue(part.Message()), &view_.outputs_);
      if (place.in_function) return Status();
      return Add(ReadOnnxValueName(part.Message()), &view_.inner_outputs_);
    case GraphProto::kSparseInitializer:
      return UnimplementedError("it has sparse initialisers, expected dense ones");
    default:
      return Status();
  }
}

Status OnnxGraphView::Reader::AddValue(OnnxValue value, std::vector<OnnxValue>* values) {
  VETOR_RETURN_IF_ERROR(Charge(value.name.size() + value.dims.size() * sizeof(int64_t)));
  return Add(std::move(value), values);
}

// Each is charged on its own, because a single node may have as many as the file has room for.
Status OnnxGraphView::Reader::Note(std::string_view part, std::vector<std::string_view>* parts) {
  VETOR_RETURN_IF_ERROR(Charge(sizeof(std::string_view)));
  parts->push_back(part);
  return Status();
}

Status OnnxGraphView::Reader::KeepNode(ProtoMessage field, OnnxNodeView* node) {
  ProtoMessage message = field.Message();
  node->field = field.Raw();
  node_inputs_.clear();
  node_outputs_.clear();
  node_attributes_.clear();
  while (message.Next()) {
    switch (message.field()) {
      case NodeProto::kInput:
        VETOR_RETURN_IF_ERROR(Note(message.Bytes(), &node_inputs_));
        break;
      case NodeProto::kOutput:
        VETOR_RETURN_IF_ERROR(Note(message.Bytes(), &node_outputs_));
        break;
      case NodeProto::kAttribute:
        VETOR_RETURN_IF_ERROR(Note(message.Bytes(), &node_attributes_));
        break;
      case NodeProto::kOpType:
        node->op_type = message.Bytes();
        break;
      case NodeProto::kDomain:
        node->domain = message.Bytes();
        break;
      default:
        break;
    }
  }
  node->inputs = view_.pool_.Keep(node_inputs_);
  node->outputs = view_.pool_.Keep(node_outputs_);
  node->attributes = view_.pool_.Keep(node_attributes_);
  return Status();
}

Status OnnxGraphView::Reader::ReadNode(ProtoMessage field, Place place) {
  OnnxNodeView node;
  VETOR_RETURN_IF_ERROR(KeepNode(field, &node));
  node.inner_begin = static_cast<uint32_t>(view_.inner_nodes_.size());
  for (const std::string_view attribute : node.attributes) {
    VETOR_RETURN_IF_ERROR(ReadAttribute(ProtoMessage(attribute), node, place));
  }
  node.inner_end = static_cast<uint32_t>(view_.inner_nodes_.size());
  if (place.in_function) return Add(node, &view_.function_nodes_);
  return Add(node, place.depth == 0 ? &view_.nodes_ : &view_.inner_nodes_);
}

Status OnnxGraphView::Reader::ReadAttribute(ProtoMessage message, const OnnxNodeView& node,
                                            Place place) {
  const OnnxAttributeView attribute = ReadOnnxAttribute(message);
  if (attribute.tensor_twice) return Twice("tensor of an attribute");
  if (attribute.graph_twice) return Twice("graph of an attribute");
  if (attribute.sparse) return UnimplementedError("it has sparse constants, expected dense ones");
  const bool constant = place.depth == 0 && node.op_type == "Constant" &&
                        attribute.name == "value" && !node.outputs.empty() &&
                        !node.outputs[0].empty();
  while (attribute.nested && message.Next()) {
    if (IsOnnxTensor(message.field())) {
      VETOR_RETURN_IF_ERROR(
          AddTensor(message, constant ? OnnxGraphTensor::kConstant : OnnxGraphTensor::kOther,
                    OnnxFirstOutput(node)));
    } else if (IsOnnxGraph(message.field())) {
      VETOR_RETURN_IF_ERROR(ReadGraph(message.Message(), {place.depth + 1, place.in_function}));
    }
  }
  return Status();
}

// `value` is what nodes call it; empty for an initialiser, which has a name of its own.
Status OnnxGraphView::Reader::AddTensor(ProtoMessage field, OnnxGraphTensor::Role role,
                                        std::string_view value) {
  OnnxGraphTensor added{.tensor = ReadOnnxTensor(field.Message()), .role = role};
  added.field = field.Raw();
  added.value = value.empty() ? added.tensor.name : value;
  Result<OnnxTensorSize> size = MeasureOnnxTensor(added.tensor);
  if (size.ok()) added.size = *size;
  if (!size.ok() && view_.misfit_.ok()) view_.misfit_ = size.status();
  VETOR_RETURN_IF_ERROR(Charge(added.tensor.dims.size() * sizeof(int64_t)));
  return Add(std::move(added), &view_.tensors_);
}

Result<OnnxGraphView> OnnxGraphView::Read(std::string_view model) {
  OnnxGraphView view;
  view.bytes_ = model;
  Status status;
  try {
    status = Reader(&view).ReadModel(ProtoMessage(model));
  } catch (const ProtoError& error) {
    status = DataLossError(std::string("protobuf ") + error.what());
  }
  if (status.ok()) return view;
  return view.misfit_.ok() ? status : view.misfit_;
}

}  // namespace vetor
