// A model on disk as sentence-transformers, Optimum or a single .onnx file lays it out, read into
// one description of everything that shapes a vector.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "formats/onnx/graph_files.h"
#include "formats/onnx/graph_reader.h"
#include "head/pooling_spec.h"
#include "model/id_files.h"
#include "vetor/status.h"

namespace vetor {

struct Encoder;

/// Facts read from the .onnx file's own fields (protobuf), without running it.
struct OnnxGraphFacts {
  int64_t opset = 0;              ///< Of the default domain.
  std::vector<OnnxValue> inputs;  ///< Graph inputs that are not initialisers.
  std::vector<OnnxValue> outputs;
  /// The graph holds DynamicQuantizeLinear, also in a sub-graph or function: the rows of a batch
  /// share scales.
  bool dynamic_int8 = false;
  /// "fp32", "fp16", "bf16", "int8", "int4", ...: the element type of most elements of the weight
  /// matrices. Lookup tables (first input of Gather) count only if there is no other matrix.
  std::string precision;
  int64_t position_rows = 0;  ///< Rows of the position embedding table; 0: none found.
  /// Rows of the table that input_ids looks up (of the smallest if there are several); 0: none
  /// found.
  int64_t word_rows = 0;
  std::vector<std::string> external_files;  ///< Names in external_data, relative to the graph.
};

struct ModelFolder {
  std::filesystem::path folder;
  std::filesystem::path graph;  ///< The .onnx file, or a checkpoint's config.json.
  /// The graph and its external data; null for a checkpoint.
  std::shared_ptr<const GraphFiles> files;
  /// Of a checkpoint, whose facts are then those that its graph would have; else null.
  std::shared_ptr<const Encoder> encoder;
  std::filesystem::path tokenizer;  ///< tokenizer.json, vocab.txt or a SentencePiece model.
  OnnxGraphFacts facts;
  std::string stored_precision;   ///< Of a checkpoint's weights: "fp32", "bf16"; of a graph empty.
  PoolingSpec pooling;            ///< Without dim, which the caller sets.
  int declared_dim = 0;           ///< truncate_dim of config_sentence_transformers.json; 0: none.
  bool declared_pooling = false;  ///< False: no pooling files; mean and normalise are assumed.
  bool declared_normalize = false;  ///< modules.json has a Normalize module.
  std::string output_name;  ///< The graph's output that was asked for; empty: its usual name.
  /// A graph that takes rows end to end, with offsets (model2vec), which sentence-transformers runs
  /// as StaticEmbedding: it reads tokenizer.json alone, gives texts without [CLS] and the like, and
  /// has no maximum length.
  bool static_embedding = false;
  int64_t fixed_length = 0;  ///< Tokens that each row of the graph has; 0: any number.
  int64_t pad_token_id = 0;  ///< config.json's, fit for the graph's table.
  /// In tokens, special tokens included. kAnyLength (length_limit.h) for a static model, whose
  /// tokenizer.json may still declare a maximum.
  int max_length = 0;
  std::string max_length_source;  ///< The file and the key that say it.
  /// Lowercase every code point before tokenizing (sentence_bert_config.json).
  bool do_lower_case = false;
  std::map<std::string, std::string> prompts;  ///< Name to text.
  std::string default_prompt_name;             ///< Empty: none.
  std::string similarity;  ///< How vectors are compared ("cosine", "dot"); empty: not said.
  /// The folder's name, e.g. "all-MiniLM-L6-v2"; "org/name" in a hub cache; the file's stem if
  /// a file with a name of its own was given. Valid UTF-8.
  std::string model_id;
  /// The files as they were when the folder was read.
  std::vector<IdFile> id_files;
  std::vector<std::string> warnings;  ///< Lines for the user, e.g. that pooling is assumed.
};

/// Overrides from EmbeddingsConfig::model; empty or 0: as the folder says.
struct ModelFolderOptions {
  /// A folder (its model.onnx, else onnx/model.onnx, else 0_Transformer/model.onnx, else its only
  /// .onnx), or an .onnx file.
  std::filesystem::path model_path = {};
  /// Empty: for NAME.onnx NAME-tokenizer.json, else tokenizer.json, beside the graph, then in the
  /// model's folder, then one folder up; else, in the same places, the vocabulary file of the class
  /// that is named beside it; else a SentencePiece model or a vocab.txt.
  std::filesystem::path tokenizer_path = {};
  std::vector<PoolingMode> pooling = {};
  int max_length = 0;            ///< More than the position table is an error.
  std::string output_name = {};  ///< One of the graph's outputs; its shape shows what it holds.
  /// Unless it is kAuto: chooses among model.onnx, model_fp16.onnx, model_quantized.onnx, ... of a
  /// folder by name, then checks the content of the file.
  Precision precision = Precision::kAuto;
  /// Whether a folder's graph is taken or its checkpoint: kAuto prefers the graph, kNative the
  /// checkpoint, and kOnnxRuntime knows graphs only.
  Runtime runtime = Runtime::kOnnxRuntime;
};

/// Reads and checks everything but runs nothing. Both generations of sentence-transformers folders
/// are read, and folders without any of its files. Errors name the file, what was expected, what
/// was found and the remedy: NOT_FOUND (missing model, a folder without one, missing tokenizer,
/// missing external data), PERMISSION_DENIED, DATA_LOSS (LFS pointer, truncated or empty file),
/// INVALID_ARGUMENT (external data outside the folder, contradicting settings or files),
/// UNIMPLEMENTED (a module or activation that vetor does not have).
///
/// External data must lie inside the graph's folder after all links are followed; in a hub cache,
/// whose files are links, also beside the graph's own blob. Files with a second hard link are
/// refused, because they may belong to another user.
Result<ModelFolder> ReadModelFolder(const ModelFolderOptions& options);

/// Whether vectors get length 1 if no setting says so. False if the length is part of the meaning:
/// the folder says that vectors are compared by dot product, Euclidean or Manhattan distance, and
/// has no Normalize.
bool UnitByDefault(const ModelFolder& model);

/// Whether everything that was read from the folder until now, by ModelFingerprint as well, is of
/// the same files: the graph's files were not written into, and every file that may decide ids is
/// the one that was there. False: read the folder again.
bool IsAsItWas(const ModelFolder& model);

}  // namespace vetor
