// Builds the pre-tokenizer that a "pre_tokenizer" object of tokenizer.json names.
#pragma once

#include <memory>

#include "tokenizer/json_node.h"
#include "tokenizer/pre_tokenizer.h"
#include "vetor/status.h"

namespace vetor {

/// Builds the pre-tokenizer that a "pre_tokenizer" object of tokenizer.json describes.
/// Errors: INVALID_ARGUMENT names the key; UNIMPLEMENTED names the component or the regex.
Result<std::unique_ptr<PreTokenizer>> ParsePreTokenizer(const JsonNode& node);

}  // namespace vetor
