// Reads the top level of a tokenizer.json.
#pragma once

#include <memory>

#include "tokenizer/json_node.h"
#include "tokenizer/pipeline.h"
#include "vetor/status.h"

namespace vetor {

/// Builds the parts that a parsed tokenizer.json describes. If `tables` is not null, the model's
/// vocabulary and merges come from there, and the parts keep it.
Result<Pipeline::Parts> ParseParts(const JsonNode& root,
                                   std::unique_ptr<TableReader> tables = nullptr);

}  // namespace vetor
