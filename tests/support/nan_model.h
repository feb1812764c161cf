// A model that gives NaN for the last id of tiny-bert's tokenizer, 159 ("##known"), on each
// runtime.
#pragma once

#include <filesystem>
#include <limits>

#include "tests/support/altered_weights.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_services.h"

namespace vetor::testing {

/// `config`, of tiny-bert, with such a model; a checkpoint is put into `folder`.
inline EmbeddingsConfig NanForLastId(EmbeddingsConfig config, const TemporaryFolder& folder) {
  config.model.tokenizer_path = TestData("model/tiny-bert/tokenizer.json").string();
  if (config.model.runtime != Runtime::kNative) {
    config.model.path = TestData("model/valid/nan_for_last_id.onnx").string();
    return config;
  }
  config.model.path = (folder / "nan").string();
  constexpr size_t kLastRow = 159 * 32;
  SetWeight(folder.CopyModel("tiny-bert", "nan") / "model.safetensors",
            "embeddings.word_embeddings.weight", kLastRow, std::numeric_limits<float>::quiet_NaN());
  return config;
}

}  // namespace vetor::testing
