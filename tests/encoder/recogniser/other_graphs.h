// Graphs that are not in plain float32 with hidden states as output: in float16, and pooled.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "encoder/recogniser/graph_encoder.h"
#include "formats/onnx/onnx_model.h"
#include "tests/encoder/recogniser/recognised_vectors.h"
#include "vetor/status.h"

namespace vetor::testing {

/// Opens the file as a model folder does, and recognises it with what it makes of token vectors.
Result<RecognisedGraph> RecogniseWhole(const std::filesystem::path& path,
                                       const std::string& output);

/// The same graph in float32: float16 weights are widened, and casts round nothing. What ONNX
/// Runtime computes of it is what our own kernels should.
OnnxModel Widened(OnnxModel model);

/// The same, but with the roundings to float16 as arithmetic that no optimisation takes away: what
/// each product reads and gives has 11 bits. ONNX Runtime leaves them out on processors without
/// products in float16, and a program that computes them gives vectors like these.
OnnxModel Rounded(const OnnxModel& model);

/// A vector per text, by our own kernels and the graph's pooling. As it is, not of length 1.
Result<Vectors> NativeTexts(const RecognisedGraph& graph, const std::vector<TokenIds>& texts);
/// The output [texts, width] of ONNX Runtime, all texts in one batch that is filled up with
/// padding.
Result<Vectors> RuntimeTexts(const std::filesystem::path& path, const std::vector<TokenIds>& texts,
                             int64_t padding, const std::string& output);

/// What RuntimeTexts fills up with: not a token of TextsFor.
int64_t PaddingOf(const Encoder& encoder);

}  // namespace vetor::testing
