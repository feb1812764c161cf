// Text vectors of a graph that an export has just written, and of the reference pass beside it.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/encoder.h"
#include "model/model_folder.h"
#include "vetor/component_ranges.h"
#include "vetor/status.h"

namespace vetor {

/// A vector a text: pooled as the model's files say, all components, unit length, no prompt.
using TextVectors = std::vector<std::vector<float>>;

/// Token ids a text, special tokens included, cut at the model's maximum.
using TokenRows = std::vector<std::vector<int64_t>>;

Result<TokenRows> EncodeTexts(const ModelFolder& model, std::span<const std::string_view> texts);

/// By the reference pass, in double.
Result<TextVectors> ReferenceVectors(const Encoder& encoder, const ModelFolder& model,
                                     const TokenRows& rows);

/// By ONNX Runtime on the CPU, a text a run. `graph` is one of `model`'s folder. Errors: as
/// OpenOnnxBackend and Backend::Run; CANCELLED.
struct GraphRun {
  std::filesystem::path graph;
  std::string precision;
  bool dynamic_int8 = false;
  std::string library_path;
  std::stop_token stop;
};
Result<TextVectors> GraphVectors(const GraphRun& run, const ModelFolder& model,
                                 const TokenRows& rows);

/// Makes `ranges` include `vectors`, which have its length where it is not empty.
void Widen(const TextVectors& vectors, ComponentRanges* ranges);

/// Largest |difference| of a component. REQUIRES: the same texts.
double LargestDifference(const TextVectors& a, const TextVectors& b);

}  // namespace vetor
