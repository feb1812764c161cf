#include "model/checkpoint_model.h"

#include <memory>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "encoder/encoder.h"
#include "model/embedder_check.h"

namespace vetor {
namespace {

constexpr const char* kOutput = "last_hidden_state";

// What most weights are stored in: that of a layer, or of the word table of a model without layers.
std::string StoredPrecision(const Encoder& encoder) {
  const TensorView& weight =
      encoder.layers.empty() ? encoder.word : encoder.layers[0].feed_forward.up.weight;
  switch (weight.type) {
    case FloatFormat::kFloat64:
      return "fp64";
    case FloatFormat::kFloat32:
      return "fp32";
    case FloatFormat::kFloat16:
      return "fp16";
    case FloatFormat::kBFloat16:
      return "bf16";
  }
  return "another format";
}

// Weights of any precision are computed in fp32, as sentence-transformers does, unless the user
// asks for bf16.
Status CheckChoices(const ModelFolderOptions& options, const ModelFolder& model) {
  const std::string where = model.graph.parent_path().string();
  if (options.precision == Precision::kFp16 || options.precision == Precision::kInt8) {
    return InvalidArgumentError("precision \"" + std::string(ToString(options.precision)) +
                                "\" was asked for, but " + where +
                                " is a checkpoint, which runs in fp32 or bf16; leave the precision "
                                "out, or export a graph of that precision (vetor export)");
  }
  if (!options.output_name.empty() && options.output_name != kOutput) {
    return InvalidArgumentError("output_name is " + Quoted(options.output_name) + ", but " + where +
                                " is a checkpoint, which has " + kOutput +
                                " only; leave it out, or name a graph");
  }
  return Status();
}

}  // namespace

Status ReadCheckpointModel(const ModelFolderOptions& options, ModelFolder* model) {
  VETOR_RETURN_IF_ERROR(CheckChoices(options, *model));
  VETOR_ASSIGN_OR_RETURN(auto checkpoint,
                         Checkpoint::Open(model->graph.parent_path(), model->folder));
  VETOR_RETURN_IF_ERROR(CheckIsEmbedder(model->folder, checkpoint->config(), checkpoint->names()));
  VETOR_ASSIGN_OR_RETURN(Encoder encoder, ReadEncoder(std::move(checkpoint)));
  OnnxGraphFacts& facts = model->facts;
  facts.precision = "fp32";
  model->stored_precision = StoredPrecision(encoder);
  facts.word_rows = static_cast<int64_t>(encoder.word.shape[0]);
  if (!encoder.position.empty()) {
    facts.position_rows = static_cast<int64_t>(encoder.position.shape[0]);
  }
  OnnxValue output;
  output.name = kOutput;
  output.dims = {-1, -1, encoder.hidden_size};
  facts.outputs = {std::move(output)};
  if (!encoder.unused_layers.empty()) {
    model->warnings.push_back(model->graph.parent_path().string() + ": " + encoder.unused_layers);
  }
  model->encoder = std::make_shared<const Encoder>(std::move(encoder));
  return Status();
}

uint64_t CheckpointBytes(const ModelFolder& model) {
  uint64_t bytes = 0;
  for (const MappedFile* file : model.encoder->weights->files()) bytes += file->bytes().size();
  return bytes;
}

Status BoundLength(const ModelFolderOptions& options, ModelFolder* model) {
  const int most = model->encoder->max_positions;
  if (model->max_length <= most) return Status();
  if (options.max_length > 0) {
    return InvalidArgumentError("max_length is " + std::to_string(options.max_length) +
                                ", but the model has positions for " + std::to_string(most) +
                                " tokens; set it to at most that, or leave it unset");
  }
  model->warnings.push_back(model->max_length_source + " is " + std::to_string(model->max_length) +
                            ", more than the model's " + std::to_string(most) +
                            " positions; texts are cut at " + std::to_string(most));
  model->max_length = most;
  model->max_length_source += ", bounded by the model's positions";
  return Status();
}

}  // namespace vetor
