#include "engine/model_tokenizer.h"

#include <system_error>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/status_macros.h"
#include "engine/model_path.h"
#include "model/graph_choice.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

bool IsTokenizerFile(const fs::path& path) {
  std::error_code ignored;
  const fs::path ending = path.extension();
  return (ending == ".json" || ending == ".txt" || ending == ".model") &&
         !fs::is_directory(path, ignored);
}

// Of a folder whose model cannot be read for `reason`.
Status OpenWithoutModel(const OnnxConfig& onnx, const fs::path& folder, const Status& reason,
                        NamedTokenizer* named) {
  std::error_code ignored;
  const Result<TokenizerAlone> alone = FindTokenizerAlone(onnx.tokenizer_path, folder);
  if (!alone.ok() && alone.status().code() != StatusCode::kNotFound) return alone.status();
  if (!alone.ok() || !fs::is_directory(folder, ignored)) return reason;
  if (named->max_length == 0 && !alone->limit.assumed) {
    named->max_length = static_cast<size_t>(alone->limit.max_length);
  }
  // Ids need no graph; another fault of the model is worth a warning.
  const bool no_graph = reason.code() == StatusCode::kNotFound;
  Log(no_graph ? LogLevel::kDebug : LogLevel::kWarning, "{}; {} is used {} a maximum length",
      reason.message(), alone->file.string(), named->max_length == 0 ? "without" : "with");
  VETOR_ASSIGN_OR_RETURN(named->tokenizer, OpenTokenizer(*alone));
  return Status();
}

Status OpenOfModel(const OnnxConfig& onnx, const fs::path& path, NamedTokenizer* named) {
  const Result<ModelFolder> folder = ReadModelFolder(
      {.model_path = path, .tokenizer_path = onnx.tokenizer_path, .max_length = onnx.max_length});
  if (!folder.ok()) return OpenWithoutModel(onnx, path, folder.status(), named);
  named->max_length = static_cast<size_t>(folder->max_length);
  VETOR_ASSIGN_OR_RETURN(named->tokenizer, OpenTokenizer(*folder));
  return Status();
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> OpenTokenizer(const ModelFolder& model,
                                                 const fs::path& compiled_folder) {
  return Tokenizer::Load(model.tokenizer, {.do_lower_case = model.do_lower_case,
                                           .special_tokens = model.special_tokens,
                                           .compiled_folder = compiled_folder});
}

Result<std::unique_ptr<Tokenizer>> OpenTokenizer(const TokenizerAlone& alone) {
  return Tokenizer::Load(alone.file, {.do_lower_case = alone.limit.do_lower_case});
}

Result<TokenizerAlone> FindTokenizerAlone(const fs::path& tokenizer_path, const fs::path& model) {
  std::error_code ignored;
  const fs::path folder = fs::is_directory(model, ignored) ? model : model.parent_path();
  const std::vector<fs::path> places = {folder, folder / "0_Transformer"};
  TokenizerAlone found;
  found.file = tokenizer_path.empty() ? FindTokenizerFile(places) : tokenizer_path;
  if (!fs::is_regular_file(found.file, ignored)) {
    return NotFoundError("there is no tokenizer in " + folder.string() +
                         "; copy the model's tokenizer.json there");
  }
  VETOR_ASSIGN_OR_RETURN(found.limit, FindLengthLimit({.folders = places}));
  return found;
}

Result<NamedTokenizer> OpenNamedTokenizer(const OnnxConfig& onnx) {
  fs::path path = onnx.tokenizer_path;
  bool alone = true;
  if (!onnx.model_path.empty()) {
    VETOR_ASSIGN_OR_RETURN(const fs::path model, ResolveModelPath(onnx.model_path));
    alone = IsTokenizerFile(model);
    if (!alone || path.empty()) path = model;
  }
  if (path.empty()) {
    return InvalidArgumentError(
        "which tokenizer? Give --model a model folder, or --tokenizer-path a tokenizer file");
  }
  NamedTokenizer named{
      .name = path.string(), .max_length = static_cast<size_t>(onnx.max_length), .tokenizer = {}};
  if (alone) {
    VETOR_ASSIGN_OR_RETURN(named.tokenizer, Tokenizer::Load(path));
  } else {
    VETOR_RETURN_IF_ERROR(OpenOfModel(onnx, path, &named));
  }
  LogDifferences(*named.tokenizer);
  return named;
}

}  // namespace vetor
