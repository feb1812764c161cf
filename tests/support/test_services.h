// Services over the tiny model of tests/data and over hashing, for tests of the layers above them.
#pragma once

#include <memory>
#include <string>

#include "tests/support/test_paths.h"
#include "vetor/embeddings_service.h"

namespace vetor::testing {

/// tiny-bert: 32 dimensions, 48 tokens, no cache. Our own kernels know its graph, so "auto" runs it
/// natively if they are faster than the portable ones on this processor.
inline EmbeddingsConfig TinyConfig(Runtime runtime = Runtime::kAuto) {
  EmbeddingsConfig config = EmbeddingsConfig::ForModel(TestData("model/tiny-bert").string());
  config.onnx.library_path = TestRuntime();
  config.threads = 2;
  config.cache.enabled = false;
  config.model.runtime = runtime;
  return config;
}

/// Gives it a memory cache of its own and nothing on disk.
inline void UseMemoryCache(EmbeddingsConfig* config) {
  config->cache.enabled = true;
  config->cache.dir = "";
}

}  // namespace vetor::testing
