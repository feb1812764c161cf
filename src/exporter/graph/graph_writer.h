// Writes an encoder as an .onnx file.
//
// Inputs, int64 [batch_size, sequence_length]: input_ids, attention_mask and, if the encoder takes
// them, token_type_ids. Outputs, float32: last_hidden_state [batch_size, sequence_length, hidden],
// then with `pooling` sentence_embedding [batch_size, width]. The rows of a batch do not influence
// each other, whatever they are padded with.
//
// The graph holds no Shape node and no control flow: device providers run it whole.
#pragma once

#include <filesystem>

#include "encoder/encoder.h"
#include "exporter/graph/emitters.h"
#include "formats/onnx/onnx_file.h"
#include "head/pooling_spec.h"
#include "vetor/status.h"

namespace vetor {

struct GraphOptions {
  int opset = 12;  ///< From 12 to 23.

  /// How the weights are stored; null means float32. FloatLinear(OnnxElement::kFloat16) and
  /// FloatEmbedding(...) make the fp16 file. Not owned.
  const LinearEmitter* linear = nullptr;
  const EmbeddingEmitter* embedding = nullptr;

  /// If it is set, the graph gets the second output. Not owned. EmitPooling says what a graph
  /// cannot hold.
  const PoolingSpec* pooling = nullptr;

  /// If the weights have more bytes, they go to a file beside the graph (see WriteOnnxFile).
  uint64_t max_file_bytes = kMaxOnnxFileBytes;
};

inline constexpr int kMinOpset = 12;
inline constexpr int kMaxOpset = 23;

/// Writes `path`. The same encoder and options give the same bytes. Needs memory for one weight
/// matrix at a time. Errors: INVALID_ARGUMENT for an opset outside the range; UNIMPLEMENTED for a
/// pooling spec that a graph cannot hold; those of WriteOnnxFile.
Status WriteGraph(const Encoder& encoder, const GraphOptions& options,
                  const std::filesystem::path& path);

}  // namespace vetor
