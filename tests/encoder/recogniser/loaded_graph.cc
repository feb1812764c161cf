#include "tests/encoder/recogniser/loaded_graph.h"

#include <cstring>

#include "base/status_macros.h"
#include "formats/onnx/graph_view.h"
#include "formats/onnx/schema.h"
#include "os/file.h"

namespace vetor::testing {
namespace {

// The elements as raw data has them.
std::string ContentOf(const OnnxTensorView& tensor) {
  std::string content(tensor.raw);
  for (ProtoMessage message = tensor.message; !tensor.has_raw && message.Next();) {
    if (message.field() != onnx::TensorProto::kInt64Data) continue;
    message.Ints([&](int64_t value) {
      content.append(reinterpret_cast<const char*>(&value), sizeof value);
    });
  }
  return content;
}

OnnxConstant ReadConstant(const OnnxTensorView& tensor) {
  return {.name = std::string(tensor.name),
          .element = tensor.element,
          .dims = tensor.dims,
          .bytes = std::string(tensor.raw)};
}

OnnxAttribute ReadAttribute(std::string_view bytes) {
  OnnxAttribute attribute{"", int64_t{0}};
  std::vector<int64_t> list;
  bool is_list = false;
  for (ProtoMessage message(bytes); message.Next();) {
    switch (message.field()) {
      case onnx::AttributeProto::kName:
        attribute.name = std::string(message.Bytes());
        break;
      case onnx::AttributeProto::kInt:
        attribute.value = message.Int();
        break;
      case onnx::AttributeProto::kFloat:
        attribute.value = message.Float();
        break;
      case onnx::AttributeProto::kTensor:
        attribute.value = ReadConstant(ReadOnnxTensor(message.Message()));
        break;
      case onnx::AttributeProto::kInts:
        is_list = true;
        message.Ints([&](int64_t value) { list.push_back(value); });
        break;
      default:
        break;
    }
  }
  if (is_list) attribute.value = list;
  return attribute;
}

std::vector<std::string> Strings(std::span<const std::string_view> views) {
  return {views.begin(), views.end()};
}

OnnxNode ReadNode(const OnnxNodeView& view) {
  OnnxNode node{.op_type = std::string(view.op_type),
                .domain = std::string(view.domain),
                .name = view.outputs.empty() ? "" : std::string(view.outputs[0]),
                .inputs = Strings(view.inputs),
                .outputs = Strings(view.outputs)};
  for (const std::string_view bytes : view.attributes) {
    OnnxAttribute attribute = ReadAttribute(bytes);
    // Of texts there is one, of which "none" is what a node without it does.
    if (attribute.name != "approximate") node.attributes.push_back(std::move(attribute));
  }
  return node;
}

OnnxValueInfo ReadValue(const OnnxValue& value) {
  OnnxValueInfo info{.name = value.name, .element = value.element};
  const char* names[] = {"batch_size", "sequence_length"};
  for (size_t i = 0; i < value.dims.size(); ++i) {
    if (value.dims[i] > 0) {
      info.dims.emplace_back(value.dims[i]);
    } else {
      info.dims.emplace_back(std::string(names[i % 2]));
    }
  }
  return info;
}

template <typename T>
std::string Packed(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string Add(OnnxModel* model, OnnxInitializer initializer, std::string bytes) {
  initializer.name = "added/" + std::to_string(model->initializers.size());
  SetBytes(&initializer, std::move(bytes));
  model->initializers.push_back(std::move(initializer));
  return model->initializers.back().name;
}

}  // namespace

Result<OnnxModel> LoadGraph(const std::filesystem::path& path) {
  VETOR_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  VETOR_ASSIGN_OR_RETURN(const OnnxGraphView view, OnnxGraphView::Read(file.bytes()));
  OnnxModel model{.opset = static_cast<int>(view.opsets().at(0).version), .graph_name = "loaded"};
  for (const OnnxOpset& opset : view.opsets()) {
    if (opset.domain == "com.microsoft") {
      model.other_domains.emplace_back(opset.domain, static_cast<int>(opset.version));
    }
  }
  for (const OnnxNodeView& node : view.nodes()) {
    if (node.op_type != "Constant") model.nodes.push_back(ReadNode(node));
  }
  for (const OnnxGraphTensor& part : view.tensors()) {
    if (part.role == OnnxGraphTensor::kOther) continue;
    OnnxInitializer initializer{
        .name = std::string(part.value), .element = part.tensor.element, .dims = part.tensor.dims};
    SetBytes(&initializer, ContentOf(part.tensor));
    model.initializers.push_back(std::move(initializer));
  }
  for (const OnnxValue& value : view.inputs()) model.inputs.push_back(ReadValue(value));
  for (const OnnxValue& value : view.outputs()) model.outputs.push_back(ReadValue(value));
  return model;
}

std::string BytesOf(const OnnxInitializer& initializer) {
  std::string bytes;
  (void)initializer.write([&](std::string_view piece) {
    bytes += piece;
    return Status();
  });
  return bytes;
}

void SetBytes(OnnxInitializer* initializer, std::string bytes) {
  initializer->write = [bytes = std::move(bytes)](const ByteSink& sink) { return sink(bytes); };
}

std::string AddFloats(OnnxModel* model, std::vector<int64_t> dims, std::vector<float> values) {
  return Add(model, {.element = OnnxElement::kFloat, .dims = std::move(dims)}, Packed(values));
}

std::string AddIntegers(OnnxModel* model, std::vector<int64_t> dims, std::vector<int64_t> values) {
  return Add(model, {.element = OnnxElement::kInt64, .dims = std::move(dims)}, Packed(values));
}

}  // namespace vetor::testing
