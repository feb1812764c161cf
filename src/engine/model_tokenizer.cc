#include "engine/model_tokenizer.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "engine/model_path.h"
#include "model/graph_choice.h"
#include "os/log.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

bool IsTokenizerFile(const fs::path& path) {
  std::error_code ignored;
  const fs::path ending = path.extension();
  return (ending == ".json" || ending == ".txt" || ending == ".model" || ending == ".spm" ||
          ending == ".vocab") &&
         !fs::is_directory(path, ignored);
}

// Of a folder whose model cannot be read for `reason`.
Status OpenWithoutModel(const OnnxConfig& onnx, const fs::path& folder, const Status& reason,
                        NamedTokenizer* named) {
  std::error_code ignored;
  const Result<TokenizerAlone> alone = FindTokenizerAlone(onnx.tokenizer_path, folder);
  if (!alone.ok() && alone.status().code() != StatusCode::kNotFound) return alone.status();
  if (!fs::is_directory(folder, ignored)) return reason;
  if (!alone.ok()) return ListOtherVocabularies(folder).empty() ? reason : alone.status();
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
  VETOR_ASSIGN_OR_RETURN(named->tokenizer, OpenTokenizer(*folder));
  named->max_length = static_cast<size_t>(MaxLengthOf(*folder, *named->tokenizer));
  return Status();
}

// No setting makes room in a graph that is too short for what stands around every text.
Status CheckFixedLength(const ModelFolder& model, const Tokenizer& tokenizer) {
  if (model.fixed_length == 0) return Status();
  TokenSequence around;
  VETOR_RETURN_IF_ERROR(tokenizer.Encode("", {}, &around));
  const auto tokens = static_cast<int64_t>(around.ids.size());
  if (tokens <= model.fixed_length) return Status();
  return InvalidArgumentError(
      model.graph.string() + ": the graph has the fixed length " +
      std::to_string(model.fixed_length) + ", but the special tokens around every text are " +
      std::to_string(tokens) +
      "; export the model with a free length (dynamic axes), as vetor export does");
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> OpenTokenizer(const ModelFolder& model,
                                                 const fs::path& compiled_folder) {
  auto tokenizer = Tokenizer::Load(model.tokenizer, {.do_lower_case = model.do_lower_case,
                                                     .file_alone = model.static_embedding,
                                                     .compiled_folder = compiled_folder});
  if (tokenizer.ok()) VETOR_RETURN_IF_ERROR(CheckFixedLength(model, **tokenizer));
  return tokenizer;
}

int MaxLengthOf(const ModelFolder& model, const Tokenizer& tokenizer) {
  const size_t declared = tokenizer.declared_max_length();
  if (declared == 0 || model.max_length != kAnyLength) return model.max_length;
  return static_cast<int>(std::min<size_t>(declared, kAnyLength));
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
    const std::string others = ListOtherVocabularies(folder);
    return NotFoundError(
        "there is no tokenizer in " + folder.string() +
        (others.empty()
             ? "; copy the model's tokenizer.json there"
             : ": expected tokenizer.json, vocab.txt, vocab.json with merges.txt or a "
               "SentencePiece model under its usual name (spiece.model, "
               "sentencepiece.bpe.model), found " +
                   others + "; name the file (--tokenizer-path, ai.onnx.tokenizer_path)"));
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
