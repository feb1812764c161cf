// Decides which files of a repository make a model that vetor can run or export. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vetor/status.h"

namespace vetor {

struct FileSelection {
  std::vector<std::string> files;  ///< Sorted and without duplicates.
  bool has_graph = false;          ///< model.onnx or onnx/model.onnx is among them.
  bool has_weights = false;        ///< Weights to export from are among them.
};

/// Takes from `listed`:
/// - configuration, tokenizer, module and prompt files: *.json, *.txt and *.model at the top and in
///   the modules' folders (1_Pooling, 2_Dense with its weights, ...); README and licences are not;
/// - model.onnx, else onnx/model.onnx, with its external data;
/// - without a graph, or with `weights`: model.safetensors, else its index and shards, else
///   pytorch_model.bin, else its index and shards, at the top or in an old 0_Transformer;
/// - every file that one of `include` matches ('*', '?'; '*' crosses slashes, as the Python tools'
/// does). NOT_FOUND if these hold neither a graph nor weights and no file matches `include`.
Result<FileSelection> SelectFiles(const std::vector<std::string>& listed, bool weights,
                                  const std::vector<std::string>& include);

/// '*' matches any run of bytes, '?' any one byte.
bool MatchesPattern(std::string_view text, std::string_view pattern);

}  // namespace vetor
