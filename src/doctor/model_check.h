// The part of `vetor doctor` that looks at ONNX Runtime and the model's files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "doctor/check_list.h"
#include "engine/open_engine.h"
#include "vetor/embeddings_config.h"

namespace vetor {

struct ModelFindings {
  std::unique_ptr<ModelOpening> opening;  ///< Can be finished if `usable`.
  bool usable = false;                 ///< Every part is there and the model starts on a provider.
  uint64_t bytes = 0;                  ///< Of the weights, external data included; 0: unknown.
  bool dynamic_int8 = false;           ///< Texts run one at a time.
  std::string int8_remedy;             ///< Int8Remedy of the model.
  std::vector<std::string> not_asked;  ///< Offered accelerators that the settings do not name.
};

/// How to run the model's int8 file, or to get one where its folder has none. `model_path` is a
/// folder or a file.
std::string Int8Remedy(const std::string& model_path);

/// Adds the checks library, model, files (where vetor_model.json lists them), tokenizer, pooling,
/// length, graph (if its inputs, outputs or nodes are why it does not start) and providers. One
/// that cannot be made because of another is added as skipped; the tokenizer is looked at without a
/// graph too. The model is opened once, with `config`: `opening` holds the parts that the checks
/// have looked at.
ModelFindings CheckModel(const EmbeddingsConfig& config, CheckList* checks);

/// Adds the check library for settings that use no model: a missing one is no fault.
void CheckUnusedLibrary(const OnnxConfig& config, CheckList* checks);

}  // namespace vetor
