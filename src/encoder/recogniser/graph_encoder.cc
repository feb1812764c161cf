#include "encoder/recogniser/graph_encoder.h"

#include <utility>

#include "base/status_macros.h"
#include "encoder/recogniser/encoder_assembly.h"
#include "encoder/recogniser/evaluation.h"
#include "encoder/recogniser/graph_weights.h"

namespace vetor {

Result<RecognisedGraph> RecogniseGraph(const OnnxGraphView& view,
                                       const recogniser::ExternalFiles& external,
                                       const std::string& output) {
  VETOR_RETURN_IF_ERROR(view.misfit());
  try {
    const recogniser::GraphConstants constants(view, external);
    recogniser::Evaluation evaluation(view, constants);
    VETOR_ASSIGN_OR_RETURN(const recogniser::Symbol* symbol, evaluation.ValueOf(output));
    RecognisedGraph graph;
    if (symbol->kind == recogniser::Kind::kText && symbol->shape.size() == 2) {
      graph.pooling = symbol->pooling;
      symbol = symbol->of;
    }
    VETOR_ASSIGN_OR_RETURN(graph.encoder, recogniser::AssembleEncoder(*symbol));
    return graph;
  } catch (const ProtoError& error) {
    return DataLossError(std::string("protobuf ") + error.what());
  }
}

Result<RecognisedGraph> ReadRecognisedGraph(std::shared_ptr<const GraphFiles> files,
                                            const std::filesystem::path& graph,
                                            const std::string& output) {
  const recogniser::ExternalFiles external = recogniser::ExternalFilesOf(*files);
  VETOR_ASSIGN_OR_RETURN(RecognisedGraph recognised,
                         RecogniseGraph(*files->view, external, output));
  recognised.encoder.weights = std::make_shared<recogniser::GraphWeights>(std::move(files), graph);
  return recognised;
}

}  // namespace vetor
