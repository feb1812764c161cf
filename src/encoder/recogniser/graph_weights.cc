#include "encoder/recogniser/graph_weights.h"

#include <utility>

#include "formats/onnx/graph_view.h"

namespace vetor::recogniser {

GraphWeights::GraphWeights(std::shared_ptr<const GraphFiles> files,
                           const std::filesystem::path& graph)
    : files_(std::move(files)), folder_(graph.parent_path()) {
  const ExternalFiles external = ExternalFilesOf(*files_);
  const GraphConstants constants(*files_->view, external);
  for (const OnnxGraphTensor& part : files_->view->tensors()) {
    if (part.role == OnnxGraphTensor::kOther || !WeightTypeOf(part.tensor.element)) continue;
    Result<Symbol> symbol = constants.Read(part.value);
    if (!symbol.ok() || symbol->kind != Kind::kTensor) continue;
    tensors_.emplace(std::string(part.value), std::move(symbol->tensor));
  }
}

const TensorView* GraphWeights::Find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

std::vector<std::string> GraphWeights::names() const {
  std::vector<std::string> names;
  names.reserve(tensors_.size());
  for (const auto& [name, tensor] : tensors_) names.push_back(name);
  return names;
}

std::vector<const MappedFile*> GraphWeights::files() const {
  std::vector<const MappedFile*> files = {&files_->graph};
  for (const auto& [location, file] : files_->external) files.push_back(&file);
  return files;
}

void GraphWeights::DropPages() const {
  for (const MappedFile* file : files()) file->DropPages();
}

ExternalFiles ExternalFilesOf(const GraphFiles& files) {
  ExternalFiles external;
  for (const auto& [location, file] : files.external) external.emplace(location, file.bytes());
  return external;
}

}  // namespace vetor::recogniser
