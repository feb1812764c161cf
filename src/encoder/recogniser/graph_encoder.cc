#include "encoder/recogniser/graph_encoder.h"

#include <utility>

#include "base/status_macros.h"
#include "encoder/recogniser/encoder_assembly.h"
#include "encoder/recogniser/evaluation.h"

namespace vetor {
namespace {

// The files that a recognised graph's weights lie in, as what keeps an encoder's views alive.
class GraphWeights final : public Checkpoint {
 public:
  GraphWeights(std::shared_ptr<const GraphFiles> files, const std::filesystem::path& graph)
      : files_(std::move(files)), folder_(graph.parent_path()) {}

  const std::filesystem::path& folder() const override { return folder_; }
  const boost::json::object& config() const override { return config_; }
  const TensorView* Find(std::string_view) const override { return nullptr; }
  std::vector<std::string> names() const override { return {}; }
  std::vector<const MappedFile*> files() const override {
    std::vector<const MappedFile*> files = {&files_->graph};
    for (const auto& [location, file] : files_->external) files.push_back(&file);
    return files;
  }
  void DropPages() const override {
    for (const MappedFile* file : files()) file->DropPages();
  }

 private:
  const std::shared_ptr<const GraphFiles> files_;
  const std::filesystem::path folder_;
  const boost::json::object config_;
};

}  // namespace

Result<Encoder> RecogniseEncoder(const OnnxGraphView& view,
                                 const recogniser::ExternalFiles& external,
                                 const std::string& output) {
  VETOR_RETURN_IF_ERROR(view.misfit());
  try {
    const recogniser::GraphConstants constants(view, external);
    recogniser::Evaluation evaluation(view, constants);
    VETOR_ASSIGN_OR_RETURN(const recogniser::Symbol* symbol, evaluation.ValueOf(output));
    return recogniser::AssembleEncoder(*symbol);
  } catch (const ProtoError& error) {
    return DataLossError(std::string("protobuf ") + error.what());
  }
}

Result<Encoder> ReadGraphEncoder(std::shared_ptr<const GraphFiles> files,
                                 const std::filesystem::path& graph, const std::string& output) {
  recogniser::ExternalFiles external;
  for (const auto& [location, file] : files->external) external.emplace(location, file.bytes());
  VETOR_ASSIGN_OR_RETURN(Encoder encoder, RecogniseEncoder(*files->view, external, output));
  encoder.checkpoint = std::make_shared<GraphWeights>(std::move(files), graph);
  return encoder;
}

}  // namespace vetor
