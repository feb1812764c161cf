// The recogniser: an ONNX graph becomes an Encoder, by its structure and constants, never by the
// names that an exporter gave.
//
// Every node that leads to the output has a part in the result by a rule that says exactly what it
// does (rule_table.h), and every constant is read or checked: a graph that is almost an encoder is
// refused. Inputs alone have names, as they do for the runtime: input_ids, attention_mask (1 at
// tokens and 0 at padding), token_type_ids.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "encoder/encoder.h"
#include "encoder/recogniser/graph_constants.h"
#include "encoder/recogniser/graph_pooling.h"
#include "formats/onnx/graph_files.h"
#include "vetor/status.h"

namespace vetor {

struct RecognisedGraph {
  Encoder encoder;
  std::optional<GraphPooling> pooling;  ///< If the output has a vector per text.
};

/// The encoder whose token vectors the graph's `output` is, or is pooled of; `view` and `external`
/// must outlive it, and its `weights` are null. UNIMPLEMENTED names the first node that does not
/// fit, its operator and what was expected; DATA_LOSS for malformed bytes.
Result<RecognisedGraph> RecogniseGraph(const OnnxGraphView& view,
                                       const recogniser::ExternalFiles& external,
                                       const std::string& output);

/// The same for a model's files, which the encoder keeps: its weights stay where they are mapped.
Result<RecognisedGraph> ReadRecognisedGraph(std::shared_ptr<const GraphFiles> files,
                                            const std::filesystem::path& graph,
                                            const std::string& output);

}  // namespace vetor
