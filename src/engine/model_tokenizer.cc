#include "engine/model_tokenizer.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "engine/model_path.h"
#include "engine/token_table.h"
#include "model/graph_choice.h"
#include "os/log.h"
#include "vetor/settings.h"

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

// Warns if max_length is above the model's positions: the model cannot run all of the ids.
Status WarnBeyondPositions(const fs::path& folder, const ModelTokenizer& named) {
  VETOR_ASSIGN_OR_RETURN(const int64_t positions,
                         PositionLimit({.folders = {folder, folder / "0_Transformer"}}));
  if (positions == 0 || named.max_length <= static_cast<size_t>(positions)) return Status();
  Log(LogLevel::kWarning,
      "max_length is {}, but the model itself takes at most {} tokens; it cannot run the longer "
      "rows that this tokenizer gives",
      named.max_length, positions);
  return Status();
}

// Opens the tokenizer of a folder whose model cannot be read for `reason`.
Status OpenWithoutModel(const ModelConfig& config, const fs::path& folder, const Status& reason,
                        ModelTokenizer* named) {
  std::error_code ignored;
  const Result<TokenizerAlone> alone = FindTokenizerAlone(config.tokenizer_path, folder);
  if (!alone.ok() && alone.status().code() != StatusCode::kNotFound) return alone.status();
  if (!fs::is_directory(folder, ignored)) return reason;
  // Ids need no graph, so a missing graph is not an error here.
  const bool no_graph = reason.code() == StatusCode::kNotFound;
  if (!alone.ok()) {
    return no_graph || !ListOtherVocabularies(folder).empty() ? alone.status() : reason;
  }
  if (no_graph) VETOR_RETURN_IF_ERROR(WarnBeyondPositions(folder, *named));
  if (named->max_length == 0 && !alone->limit.assumed) {
    named->max_length = static_cast<size_t>(alone->limit.max_length);
  }
  // Any other fault of the model is worth a warning.
  Log(no_graph ? LogLevel::kDebug : LogLevel::kWarning, "{}; {} is used {} a maximum length",
      reason.message(), alone->file.string(), named->max_length == 0 ? "without" : "with");
  VETOR_ASSIGN_OR_RETURN(named->tokenizer, OpenTokenizer(*alone));
  return Status();
}

Status OpenOfModel(const ModelConfig& config, const fs::path& path, ModelTokenizer* named) {
  const Result<ModelFolder> folder = ReadModelFolder({.model_path = path,
                                                      .tokenizer_path = config.tokenizer_path,
                                                      .max_length = config.max_length});
  if (!folder.ok()) return OpenWithoutModel(config, path, folder.status(), named);
  VETOR_ASSIGN_OR_RETURN(named->tokenizer, OpenTokenizer(*folder));
  const int tokens = MaxLengthOf(*folder, *named->tokenizer);
  named->max_length = tokens == kAnyLength ? 0 : static_cast<size_t>(tokens);
  return Status();
}

// Checks that `length` tokens have room for more than the special tokens around every text. `what`
// says where the length comes from.
Status CheckHoldsText(const std::string& what, int64_t length, const Tokenizer& tokenizer,
                      const std::string& remedy) {
  TokenSequence around;
  VETOR_RETURN_IF_ERROR(tokenizer.Encode("", {}, &around));
  const auto tokens = static_cast<int64_t>(around.ids.size());
  if (tokens < length) return Status();
  return InvalidArgumentError(what + ", but the special tokens around every text are " +
                              std::to_string(tokens) +
                              ", so that nothing would be left of a text and all texts would get "
                              "the same vector; expected at least " +
                              std::to_string(tokens + 1) + "; " + remedy);
}

// No setting makes room in a graph whose fixed length is too short for the special tokens around
// every text.
Status CheckFixedLength(const ModelFolder& model, const Tokenizer& tokenizer) {
  if (model.fixed_length == 0) return Status();
  return CheckHoldsText(model.graph.string() + ": the graph has the fixed length " +
                            std::to_string(model.fixed_length),
                        model.fixed_length, tokenizer,
                        "export the model with a free length (dynamic axes), as vetor export does");
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

Status CheckRoomForText(const ModelFolder& model, const Tokenizer& tokenizer) {
  return CheckHoldsText(model.max_length_source + " is " + std::to_string(model.max_length),
                        model.max_length, tokenizer, "raise ai.onnx.max_length, or leave it unset");
}

CheckedTokenizer OpenCheckedTokenizer(const ModelFolder& model, const fs::path& compiled_folder) {
  CheckedTokenizer checked;
  checked.remedy = "copy tokenizer.json from the model's own repository again";
  auto tokenizer = OpenTokenizer(model, compiled_folder);
  checked.status = tokenizer.status();
  if (!tokenizer.ok()) return checked;
  checked.tokenizer = *std::move(tokenizer);
  checked.remedy = "raise the maximum length";
  checked.status = CheckRoomForText(model, *checked.tokenizer);
  if (!checked.status.ok()) return checked;
  checked.remedy = "use the tokenizer.json that belongs to the model";
  Result<std::string> beyond =
      CheckTokenTable(*checked.tokenizer, {model.tokenizer, model.graph, model.facts.word_rows});
  checked.status = beyond.status();
  if (beyond.ok()) checked.beyond = *std::move(beyond);
  return checked;
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
  VETOR_RETURN_IF_ERROR(CheckTokenizerPath(tokenizer_path));
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
             ? "; copy the model's tokenizer.json (or vocab.txt, or its SentencePiece model) there"
             : ": expected tokenizer.json, vocab.txt, vocab.json with merges.txt or a "
               "SentencePiece model under its usual name (spiece.model, "
               "sentencepiece.bpe.model), found " +
                   others + "; name the file (ai.onnx.tokenizer_path)"));
  }
  VETOR_ASSIGN_OR_RETURN(found.limit, FindLengthLimit({.folders = places}));
  return found;
}

Result<ModelTokenizer> OpenNamedTokenizer(const ModelConfig& config) {
  fs::path path = config.tokenizer_path;
  bool alone = true;
  if (!config.path.empty()) {
    VETOR_ASSIGN_OR_RETURN(const fs::path model, ResolveModelPath(config.path));
    alone = IsTokenizerFile(model);
    if (!alone || path.empty()) path = model;
  }
  if (path.empty()) {
    return InvalidArgumentError(
        "no tokenizer is named; expected a model folder in ai.onnx.model_path, or a tokenizer file "
        "in ai.onnx.tokenizer_path");
  }
  ModelTokenizer named{
      .name = path.string(), .max_length = static_cast<size_t>(config.max_length), .tokenizer = {}};
  if (alone) {
    VETOR_RETURN_IF_ERROR(CheckTokenizerPath(path));
    VETOR_ASSIGN_OR_RETURN(named.tokenizer, Tokenizer::Load(path));
  } else {
    VETOR_RETURN_IF_ERROR(OpenOfModel(config, path, &named));
  }
  LogDifferences(*named.tokenizer);
  return named;
}

Result<ModelTokenizer> OpenTokenizer(const std::string& path) {
  std::error_code ignored;
  EmbeddingsConfig config;
  const bool file = fs::is_regular_file(path, ignored) && fs::path(path).extension() != ".onnx";
  (file ? config.model.tokenizer_path : config.model.path) = path;
  return OpenTokenizer(config);
}

Result<ModelTokenizer> OpenTokenizer(const EmbeddingsConfig& config) {
  for (const char* key : {"ai.onnx.model_path", "ai.onnx.tokenizer_path", "ai.onnx.max_length"}) {
    const Setting* setting = FindSetting(key);
    VETOR_RETURN_IF_ERROR(CheckSetting(*setting, setting->get(config), key));
  }
  return OpenNamedTokenizer(config.model);
}

}  // namespace vetor
