// Text vectors of a graph that an export has just written, and of the reference pass beside it.
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

/// A vector per text: pooled as the model's files say, all components, unit length, no prompt.
using TextVectors = std::vector<std::vector<float>>;

/// Token ids per text, special tokens included, cut at the model's maximum.
using TokenRows = std::vector<std::vector<int64_t>>;

Result<TokenRows> EncodeTexts(const ModelFolder& model, std::span<const std::string_view> texts);

/// By the reference pass, in double.
Result<TextVectors> ReferenceVectors(const Encoder& encoder, const ModelFolder& model,
                                     const TokenRows& rows);

/// By the graph, which lies in `model`'s folder, one text per run. Errors: as OpenWrittenGraph and
/// Engine::Run; CANCELLED.
struct GraphRun {
  WrittenGraph graph;
  std::stop_token stop;
};
Result<TextVectors> GraphVectors(const GraphRun& run, const ModelFolder& model,
                                 const TokenRows& rows);

/// Makes `ranges` include `vectors`, which have its length if it is not empty.
void Widen(const TextVectors& vectors, ComponentRanges* ranges);

/// Largest |difference| of a component. REQUIRES: the same texts.
double LargestDifference(const TextVectors& a, const TextVectors& b);

}  // namespace vetor
