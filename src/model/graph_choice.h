// Which .onnx file and which tokenizer a path means.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/model_folder.h"
#include "vetor/status.h"

namespace vetor {

struct GraphChoice {
  std::filesystem::path folder;  ///< Where the configuration files lie.
  std::filesystem::path graph;   ///< Of a checkpoint: its config.json.
  bool checkpoint = false;
  std::filesystem::path tokenizer;
  std::string model_id;
};

/// The tokenizer file of the first of `folders` that has one: tokenizer.json before all others,
/// then the kind of file that the class reads which a file beside it names. Empty if no folder has
/// one.
std::filesystem::path FindTokenizerFile(const std::vector<std::filesystem::path>& folders);

/// INVALID_ARGUMENT if the path that is given as a tokenizer file is a folder.
Status CheckTokenizerPath(const std::filesystem::path& path);

/// Files in `folder` that may be a vocabulary under another name, for messages: "a.model, b.spm".
std::string ListOtherVocabularies(const std::filesystem::path& folder);

/// Chooses by names, and among vocabulary files by the class that is named beside them. Errors as
/// ReadModelFolder.
Result<GraphChoice> ChooseGraph(const ModelFolderOptions& options);

/// The .onnx files of `folder`, its onnx/ and its 0_Transformer/, for messages: "model.onnx,
/// onnx/a.onnx".
std::string ListGraphs(const std::filesystem::path& folder);

}  // namespace vetor
