// Computes text vectors with a graph that an export has just written, and with the reference pass.
#pragma once

#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "encoder/encoder.h"
#include "engine/open_engine.h"
#include "model/model_folder.h"
#include "vetor/component_ranges.h"
#include "vetor/status.h"

namespace vetor {

/// One vector per text: pooled as the model's files say, with all components, of unit length,
/// without a prompt.
using TextVectors = std::vector<std::vector<float>>;

/// The token ids of each text, with special tokens, cut at the model's maximum.
using TokenRows = std::vector<std::vector<int64_t>>;

Result<TokenRows> EncodeTexts(const ModelFolder& model, std::span<const std::string_view> texts);

/// Vectors by the reference pass, which computes in double.
Result<TextVectors> ReferenceVectors(const Encoder& encoder, const ModelFolder& model,
                                     const TokenRows& rows);

/// Vectors by the graph, which lies in `model`'s folder; each run has one text. Errors: those of
/// OpenWrittenGraph and Engine::Run; CANCELLED.
struct GraphRun {
  WrittenGraph graph;
  std::stop_token stop;
};
Result<TextVectors> GraphVectors(const GraphRun& run, const ModelFolder& model,
                                 const TokenRows& rows);

/// Widens `ranges` until they include `vectors`. They have the same length, unless `ranges` is
/// empty.
void Widen(const TextVectors& vectors, ComponentRanges* ranges);

/// The largest absolute difference between two components. REQUIRES: the same texts.
double LargestDifference(const TextVectors& a, const TextVectors& b);

}  // namespace vetor
