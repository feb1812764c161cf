// Reads the "decoder" of a tokenizer.json.
#pragma once

#include <memory>

#include "tokenizer/decoder.h"
#include "tokenizer/json_node.h"
#include "vetor/status.h"

namespace vetor {

/// Errors: INVALID_ARGUMENT names the key; UNIMPLEMENTED names the component.
Result<std::unique_ptr<Decoder>> ParseDecoder(const JsonNode& node);

}  // namespace vetor
