// The parts that turn texts into vectors, chosen once when a service opens.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "backend/backend.h"
#include "pooling/pooler.h"
#include "tokenizer/tokenizer.h"
#include "vetor/component_ranges.h"
#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor {

struct Engine {
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Tokenizer> tokenizer;  ///< Null where the backend reads text.
  std::optional<Pooler> pooler;          ///< Always set.

  std::map<std::string, std::string> prompts;
  std::string default_prompt;  ///< The text put before texts when a call names none.
  bool include_prompt = true;  ///< False: pooling leaves the prompt's tokens out.
  int max_length = 0;
  bool normalize = true;             ///< Vectors have length 1.
  bool normalized_by_model = false;  ///< As EmbeddingsService::normalized_by_model.

  std::string model_id;
  std::string fingerprint;          ///< Of the vector space: equal means comparable and cacheable.
  std::string service_fingerprint;  ///< As EmbeddingsService::fingerprint.
  ComponentRanges ranges;           ///< As EmbeddingsService::component_ranges.
  std::string fallback_reason;      ///< Why hashing runs although ONNX was asked for; else empty.
};

/// What `config` asks for, or hashing where that cannot start and `config.fallback` allows it.
/// Errors: as EmbeddingsService::Open.
Result<Engine> OpenEngine(const EmbeddingsConfig& config);

}  // namespace vetor
