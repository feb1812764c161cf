// What an open service runs: the model, how its vectors are made, and what computes them.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "vetor/component_ranges.h"

namespace vetor {

/// Does not change while the service is open, so any thread may read it. EmbeddingsService::info
/// gives a reference that lives as long as the service; a copy is the caller's.
struct ServiceInfo {
  std::string model_id;  ///< E.g. "all-MiniLM-L6-v2", "hashing-256".
  size_t dim = 0;        ///< Components of a vector.
  /// The longest text, in tokens; 0: any length, as hashing and a static model that declares none
  /// take it.
  int max_length = 0;

  /// Whether vectors are scaled to length 1: as EmbeddingsConfig::normalize says, or the model.
  bool normalized = true;
  /// Whether that is the model's own doing: its modules.json has a Normalize, and vectors are not
  /// cut, after which they would be scaled again. False for hashing.
  bool normalized_by_model = false;

  /// The model folder's prompts, name to text; none for hashing.
  std::map<std::string, std::string> prompts;

  std::string active_backend;    ///< "onnx" or "hashing".
  std::string active_provider;   ///< From the runtime's own record; "" for hashing.
  std::string active_runtime;    ///< "native (avx512)", "onnxruntime 1.28.0"; "" for hashing.
  std::string runtime_reason;    ///< Why vetor's own kernels do not run the model; "" if they do.
  std::string active_precision;  ///< "fp32", "int8", "fp16", "bf16".
  std::string fallback_reason;   ///< Empty: what was asked for runs.

  /// 64 hexadecimal digits over everything that decides what a text's vector is, by default or with
  /// a prompt by name: model, tokenizer, backend, provider, precision, length, dimension, scaling,
  /// prompts, on_long, CacheConfig::name_space and the versions of vetor's own arithmetic. A key
  /// for caches outside vetor: two services with the same one give the same vectors. On
  /// processors with other instruction sets these may differ by up to 1e-6 per component of a whole
  /// unit vector, and of one that `dim` cuts by as much more as scaling it makes of that (5e-5 for
  /// 2 of 384 components). Two that differ may still give the same vectors.
  std::string fingerprint;

  /// As `vetor export` wrote them into vetor_model.json, for this graph. Empty: the model has none
  /// (or not for vectors of this many components), or hashing runs.
  ComponentRanges component_ranges;
};

}  // namespace vetor
