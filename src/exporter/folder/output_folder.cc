#include "exporter/folder/output_folder.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

#include "base/status_macros.h"
#include "exporter/folder/model_files.h"
#include "exporter/folder/module_files.h"
#include "exporter/folder/tokenizer_files.h"
#include "formats/model_file.h"
#include "formats/model_paths.h"
#include "os/file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

constexpr std::array kCopiedAsIs = {
    "config_sentence_transformers.json",
    "README.md",
    "LICENSE",
    "LICENSE.txt",
    "LICENSE.md",
    "NOTICE",
};
// Every folder that may be replaced has one of these files.
constexpr std::array kSignsOfAModel = {kExportRecordName, "model.onnx", "onnx/model.onnx",
                                       "model_quantized.onnx", "model_fp16.onnx"};

// Replacing removes the whole old folder, so the old folder must be a model, and must not be the
// source.
Status CheckReplaceable(const OutputFolderOptions& options) {
  std::error_code error;
  const fs::path source = fs::weakly_canonical(options.source, error);
  const fs::path destination = fs::weakly_canonical(options.destination, error);
  const fs::path up = source.lexically_relative(destination);
  if (!up.empty() && *up.begin() != "..") {
    return InvalidArgumentError("the output " + options.destination.string() +
                                " is or holds the source " + options.source.string() +
                                ", which would be lost; name another folder");
  }
  if (!options.overwrite || !fs::is_directory(destination, error) ||
      fs::is_empty(destination, error)) {
    return Status();
  }
  const bool model = std::any_of(kSignsOfAModel.begin(), kSignsOfAModel.end(),
                                 [&](auto name) { return FileIsThere(destination / name); });
  if (model) return Status();
  return FailedPreconditionError(destination.string() +
                                 " holds no ONNX model, so it is not replaced; name another "
                                 "folder, or remove it yourself");
}

}  // namespace

Result<OutputFolder> OutputFolder::Create(const OutputFolderOptions& options) {
  VETOR_RETURN_IF_ERROR(CheckReplaceable(options));
  VETOR_ASSIGN_OR_RETURN(StagedFolder staged,
                         StagedFolder::Create(options.destination, options.overwrite));
  OutputFolder folder(options, std::move(staged));
  std::error_code error;
  fs::create_directories(folder.GraphPath("fp32").parent_path(), error);
  if (error) return ErrnoError(error.value(), "cannot make the folder", folder.path() / "onnx");
  return folder;
}

std::string OutputFolder::GraphName(std::string_view precision) const {
  std::string name = hub_ ? "onnx/model" : "model";
  if (precision == "fp16") name += "_fp16";
  if (precision == "int8") name += "_quantized";
  return name + ".onnx";
}

fs::path OutputFolder::GraphPath(std::string_view precision) const {
  return path() / GraphName(precision);
}

Status OutputFolder::AddSourceFiles(int max_positions, std::vector<std::string>* warnings) {
  VETOR_ASSIGN_OR_RETURN(const fs::path transformer, TransformerFolder(source_));
  VETOR_RETURN_IF_ERROR(
      CopyModelFile(source_, transformer / "config.json", path() / "config.json"));
  VETOR_RETURN_IF_ERROR(
      WriteTokenizerFiles({source_, transformer, max_positions}, path(), warnings));
  VETOR_RETURN_IF_ERROR(WriteModules(source_, path()));
  for (const char* name : kCopiedAsIs) {
    if (!FileIsThere(source_ / name)) continue;
    std::error_code error;
    const bool read = std::string_view(name).ends_with(".json");
    if (!read && fs::is_regular_file(source_ / name, error) &&
        fs::file_size(source_ / name, error) == 0 && !error) {
      VETOR_RETURN_IF_ERROR(CheckInsideModel(source_, source_ / name));
      VETOR_RETURN_IF_ERROR(WriteModelFile(path() / name, ""));
      continue;
    }
    VETOR_RETURN_IF_ERROR(CopyModelFile(source_, source_ / name, path() / name));
  }
  return Status();
}

}  // namespace vetor
