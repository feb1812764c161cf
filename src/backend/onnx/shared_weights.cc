#include "backend/onnx/shared_weights.h"

#include <cstring>
#include <system_error>
#include <utility>

#include "backend/onnx/norm_rewrite.h"
#include "base/status_macros.h"

namespace vetor {

Result<std::unique_ptr<SharedWeights>> SharedWeights::Load(const std::filesystem::path& graph,
                                                           const TakeOutOptions& what) {
  // Without links: a hub cache's graph is one, and external data may not leave its folder.
  std::error_code error;
  const std::filesystem::path file = std::filesystem::canonical(graph, error);
  if (error) return NotFoundError(graph.string() + ": " + error.message());
  std::unique_ptr<SharedWeights> weights(new SharedWeights);
  weights->folder_ = file.parent_path().string();
  VETOR_ASSIGN_OR_RETURN(weights->file_, MappedFile::Open(file));
  VETOR_ASSIGN_OR_RETURN(MappedGraph taken,
                         TakeOutWeights(weights->file_.bytes(), file.filename().string(), what));
  if (taken.mapped_bytes == 0) {
    return UnimplementedError(graph.string() + " has no weights that could be taken out");
  }
  weights->graph_ = std::move(taken.graph);
  for (WeightPlace& place : taken.shared) {
    weights->Add(place, what.map_others && place.aligned);
    weights->names_.push_back(std::move(place.name));
  }
  weights->file_.DropPages();
  if (!what.map_others) weights->file_ = MappedFile();  // All is copied.
  return weights;
}

void SharedWeights::Add(const WeightPlace& place, bool map) {
  // The runtime takes non-const memory but only reads weights.
  char* data = const_cast<char*>(file_.bytes().data()) + place.offset;
  if (!map) {
    std::vector<Line>& copy = copies_.emplace_back((place.bytes + sizeof(Line) - 1) / sizeof(Line));
    std::memcpy(copy.data(), data, place.bytes);
    data = copy.front().bytes;
  }
  // TensorProto.DataType and the C API's element types have the same numbers.
  values_.push_back(Ort::Value::CreateTensor(cpu_, data, place.bytes, place.dims.data(),
                                             place.dims.size(),
                                             static_cast<ONNXTensorElementDataType>(place.type)));
}

int SharedWeights::RewriteNorms() {
  auto rewritten = RewriteLayerNorms(graph_);
  if (!rewritten.ok() || rewritten->norms == 0) return 0;
  graph_ = std::move(rewritten->model);
  return rewritten->norms;
}

std::unique_ptr<Ort::Session> SharedWeights::Open(const Ort::Env& env,
                                                  const Ort::SessionOptions& options) {
  Ort::SessionOptions with_weights = options.Clone();
  with_weights.AddConfigEntry("session.model_external_initializers_file_folder_path",
                              folder_.c_str());
  for (size_t i = 0; i < names_.size(); ++i) {
    with_weights.AddInitializer(names_[i].c_str(), values_[i]);
  }
  auto session =
      std::make_unique<Ort::Session>(env, graph_.data(), graph_.size(), with_weights, packed_);
  file_.DropPages();
  return session;
}

}  // namespace vetor
