// Builds the normalizer that a "normalizer" object of tokenizer.json names.
#pragma once

#include <memory>

#include "tokenizer/json_node.h"
#include "tokenizer/normalizer.h"
#include "vetor/status.h"

namespace vetor {

/// Builds the normalizer that a "normalizer" object of tokenizer.json describes.
/// Errors: INVALID_ARGUMENT names the key; UNIMPLEMENTED names the component.
Result<std::unique_ptr<Normalizer>> ParseNormalizer(const JsonNode& node);

}  // namespace vetor
