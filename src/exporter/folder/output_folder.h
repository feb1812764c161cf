// The folder that an export makes: drop-in for sentence-transformers, text-embeddings-inference,
// fastembed, Optimum and transformers.js.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/folder/export_record.h"
#include "os/staged_folder.h"
#include "vetor/choices.h"
#include "vetor/status.h"

namespace vetor {

struct OutputFolderOptions {
  std::filesystem::path source;  ///< The model's folder; it has modules.json if the model does.
  std::filesystem::path destination;  ///< As ExportOptions::output.
  bool overwrite = false;
  ExportLayout layout = ExportLayout::kRoot;  ///< As ExportOptions::layout.
};

/// Use: Create, write the graphs to where GraphPath says, AddSourceFiles, AddRecord, Commit. Until
/// Commit nothing has the destination's name, whatever fails or is killed (see StagedFolder).
class OutputFolder {
 public:
  /// Errors: those of StagedFolder::Create; INVALID_ARGUMENT for a destination that is the source
  /// or holds it; FAILED_PRECONDITION if a folder that is not a model would be replaced.
  static Result<OutputFolder> Create(const OutputFolderOptions& options);

  /// The graph's file relative to the folder: "model.onnx", "model_fp16.onnx" and
  /// "model_quantized.onnx" for "fp32", "fp16" and "int8". With ExportLayout::kHub they lie in
  /// onnx/.
  std::string GraphName(std::string_view precision) const;
  /// The path to which that graph is to be written, with its external data beside it. Its folder
  /// exists.
  std::filesystem::path GraphPath(std::string_view precision) const;
  /// The folder that holds everything until Commit, for example to load the graphs and verify them.
  const std::filesystem::path& path() const { return staged_.path(); }

  /// Adds everything of the source except weights: configuration, tokenizer, modules, prompts,
  /// README and licence. `max_positions` is the longest text of the model in tokens. Errors: those
  /// of WriteModules and WriteTokenizerFiles; INVALID_ARGUMENT for a file that is a link out of the
  /// source.
  Status AddSourceFiles(int max_positions, std::vector<std::string>* warnings);

  Status AddRecord(const ExportRecord& record) { return WriteExportRecord(path(), record); }
  Status Commit() { return staged_.Commit(); }

 private:
  OutputFolder(const OutputFolderOptions& options, StagedFolder staged)
      : source_(options.source),
        hub_(options.layout == ExportLayout::kHub),
        staged_(std::move(staged)) {}

  std::filesystem::path source_;
  bool hub_;
  StagedFolder staged_;
};

}  // namespace vetor
