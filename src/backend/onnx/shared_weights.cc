#include "backend/onnx/shared_weights.h"

#include <cstring>
#include <utility>

#include "backend/onnx/norm_rewrite.h"
#include "base/status_macros.h"

namespace vetor {

Result<std::unique_ptr<SharedWeights>> SharedWeights::Load(std::shared_ptr<const GraphFiles> files,
                                                           const WeightOptions& options) {
  std::unique_ptr<SharedWeights> weights(new SharedWeights);
  weights->files_ = std::move(files);
  const GraphFiles& source = *weights->files_;
  VETOR_ASSIGN_OR_RETURN(MappedGraph taken,
                         TakeOutWeights(*source.view, ExternalBytesOf(source),
                                        {.share = options.share, .take_others = options.map}));
  const bool as_it_is = taken.graph.empty();
  if (!options.map && as_it_is) taken.graph = source.graph.bytes();
  weights->own_graph_ = std::move(taken.graph);
  weights->graph_ =
      weights->own_graph_.empty() ? source.graph.bytes() : std::string_view(weights->own_graph_);
  for (const TakenWeight& weight : taken.shared) {
    weights->Add(weight, options.map && weight.aligned, &weights->shared_);
  }
  for (const TakenWeight& weight : taken.others) {
    weights->Add(weight, options.map, &weights->others_);
  }
  weights->DropPages();
  // The files are unchanged up to here, and from now on everything is read from copies.
  if (!options.map) {
    VETOR_RETURN_IF_ERROR(weights->files_->Unchanged());
    weights->files_.reset();
  }
  return weights;
}

void SharedWeights::Add(const TakenWeight& weight, bool map, HandedOver* to) {
  // The runtime takes non-const memory but only reads weights.
  char* data = const_cast<char*>(weight.data.data());
  if (!map) {
    std::vector<Line>& copy =
        copies_.emplace_back((weight.data.size() + sizeof(Line) - 1) / sizeof(Line));
    std::memcpy(copy.data(), data, weight.data.size());
    data = copy.front().bytes;
  }
  // The C API has the same numbers for the types that are taken out.
  to->values.push_back(Ort::Value::CreateTensor(
      cpu_, data, weight.data.size(), weight.dims.data(), weight.dims.size(),
      static_cast<ONNXTensorElementDataType>(weight.element)));
  to->names.push_back(weight.name);
}

int SharedWeights::RewriteNorms() {
  const auto view = OnnxGraphView::Read(graph_);  // Large weights are no longer in it.
  if (!view.ok()) return 0;
  auto rewritten = RewriteLayerNorms(*view);
  if (!rewritten.ok() || rewritten->norms == 0) return 0;
  own_graph_ = std::move(rewritten->model);
  graph_ = own_graph_;
  return rewritten->norms;
}

std::unique_ptr<Ort::Session> SharedWeights::Open(const Ort::Env& env,
                                                  const Ort::SessionOptions& options) {
  Ort::SessionOptions with_weights = options.Clone();
  with_weights.AddConfigEntry("session.model_external_initializers_file_folder_path",
                              kNoWeightsFolder);
  for (size_t i = 0; i < shared_.names.size(); ++i) {
    with_weights.AddInitializer(shared_.names[i].c_str(), shared_.values[i]);
  }
  if (!others_.names.empty()) {
    with_weights.AddExternalInitializers(others_.names, others_.values);
  }
  auto session =
      std::make_unique<Ort::Session>(env, graph_.data(), graph_.size(), with_weights, packed_);
  DropPages();
  return session;
}

void SharedWeights::OpenNoMore() {
  graph_ = {};
  own_graph_ = {};
  others_ = {};  // The runtime has copied them.
  if (shared_.names.empty()) files_.reset();
}

void SharedWeights::DropPages() const {
  if (!files_) return;
  files_->graph.DropPages();
  for (const auto& [location, file] : files_->external) file.DropPages();
}

}  // namespace vetor
