// A model on disk as sentence-transformers, Optimum or a single .onnx file lays it out, read into
// one description of everything that shapes a vector.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "pooling/pooling_spec.h"
#include "vetor/status.h"

namespace vetor {

/// Facts read from the .onnx file's own fields (protobuf), without running it.
struct OnnxGraphFacts {
  int64_t opset = 0;                 ///< Of the default domain.
  std::vector<std::string> inputs;   ///< Graph inputs that are not initialisers.
  std::vector<std::string> outputs;
  bool dynamic_int8 = false;         ///< Holds DynamicQuantizeLinear: rows of a batch mix scales.
  std::string precision;             ///< "fp32", "fp16", "int8": what the large weights are.
  int64_t position_rows = 0;         ///< Rows of the position embedding table; 0: none found.
  std::vector<std::string> external_files;  ///< Names in external_data, relative to the graph.
};

struct ModelFolder {
  std::filesystem::path folder;
  std::filesystem::path graph;        ///< The .onnx file.
  std::filesystem::path tokenizer;    ///< tokenizer.json
  OnnxGraphFacts facts;
  PoolingSpec pooling;                ///< Without dim, which is the caller's.
  bool declared_pooling = false;      ///< False: no pooling files, mean + normalise was assumed.
  bool declared_normalize = false;    ///< modules.json has a Normalize module.
  int max_length = 0;                 ///< In tokens, special tokens included.
  std::string max_length_source;      ///< File and key it comes from.
  bool do_lower_case = false;         ///< sentence_bert_config.json: lowercase before tokenizing.
  std::map<std::string, std::string> prompts;  ///< Name to text.
  std::string default_prompt_name;    ///< Empty: none.
  std::string model_id;               ///< Folder's name, e.g. "all-MiniLM-L6-v2".
  std::string fingerprint;            ///< SHA-256 hex over the content of all that shapes a vector.
  std::vector<std::string> warnings;  ///< What a user should know, e.g. assumed pooling.
};

/// Overrides from EmbeddingsConfig::onnx; empty or 0: as the folder says.
struct ModelFolderOptions {
  std::filesystem::path model_path;      ///< File or folder.
  std::filesystem::path tokenizer_path;
  std::string pooling;
  int max_length = 0;
  std::string precision = "auto";        ///< Chooses among model.onnx, model_quantized.onnx, ...
};

/// Reads and checks everything but runs nothing. Errors name the file, what was expected, what was
/// found and the remedy: NOT_FOUND (missing model, a folder without one), PERMISSION_DENIED,
/// DATA_LOSS (LFS pointer, truncated or empty graph), INVALID_ARGUMENT (external data outside the
/// folder, contradicting overrides), UNIMPLEMENTED (an unknown module).
Result<ModelFolder> ReadModelFolder(const ModelFolderOptions& options);

}  // namespace vetor
