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
  std::filesystem::path source;       ///< The model's folder, with modules.json if it has one.
  std::filesystem::path destination;  ///< As ExportOptions::output.
  bool overwrite = false;
  ExportLayout layout = ExportLayout::kRoot;  ///< As ExportOptions::layout.
};

/// Create, write the graphs to where GraphPath says, AddSourceFiles, AddRecord, Commit. Until
/// Commit nothing has the destination's name, whatever fails or is killed; see StagedFolder.
class OutputFolder {
 public:
  /// Errors: as StagedFolder::Create; INVALID_ARGUMENT for a destination that is the source or
  /// holds it; FAILED_PRECONDITION if a folder that is not a model would be replaced.
  static Result<OutputFolder> Create(const OutputFolderOptions& options);

  /// Relative to the folder: "model.onnx", "model_fp16.onnx", "model_quantized.onnx" for "fp32",
  /// "fp16", "int8", in onnx/ with ExportLayout::kHub.
  std::string GraphName(std::string_view precision) const;
  /// The path to write that graph to (with its external data beside it). Its folder exists.
  std::filesystem::path GraphPath(std::string_view precision) const;
  /// The folder that has everything until Commit, e.g. for loading the graphs to verify them.
  const std::filesystem::path& path() const { return staged_.path(); }

  /// Everything of the source but weights: configuration, tokenizer, modules, prompts, README and
  /// licence. `max_positions`: longest text of the model in tokens. Errors: as WriteModules and
  /// WriteTokenizerFiles; INVALID_ARGUMENT for a file that is a link out of the source.
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
