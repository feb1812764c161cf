// The configurations of a benchmark: the product of engines, providers, precisions and runtimes.
#pragma once

#include <string>
#include <vector>

#include "vetor/benchmark.h"
#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor {

struct BenchmarkConfiguration {
  std::string engine;
  std::string provider;   ///< Short name; empty for hashing.
  std::string precision;  ///< As asked for; empty for hashing.
  std::string runtime;    ///< As asked for; empty for hashing.
  EmbeddingsConfig config;

  std::string Name() const;  ///< "onnx cpu fp32", "onnx cpu fp32 native", "hashing"
};

/// INVALID_ARGUMENT: an unknown provider, or onnx without a model.
Result<std::vector<BenchmarkConfiguration>> PlanConfigurations(const BenchmarkOptions& options);

/// "CPUExecutionProvider" -> "cpu"; a name that is not known stays.
std::string ShortProvider(const std::string& provider);

}  // namespace vetor
