// tokenizer.json, top level.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "tokenizer/compiled/compiled_tokenizer.h"
#include "tokenizer/folder/document_keys.h"
#include "tokenizer/folder/folder_rules.h"
#include "tokenizer/pipeline.h"
#include "tokenizer/vocabulary_files.h"

namespace vetor {
namespace {

Status CheckVersion(const JsonNode& root) {
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> version, root.Find("version"));
  if (!version) return Status();
  VETOR_ASSIGN_OR_RETURN(const std::string_view number, version->String());
  return number == "1.0" ? Status() : version->Expected("\"1.0\"");
}

// An id that no token has would make the model read past its embedding table.
Status CheckSpecialIds(const Pipeline::Parts& parts, const JsonNode& root) {
  const int64_t largest = parts.post_processor.max_id();
  const std::deque<AddedToken>& added = parts.added_tokens.tokens();
  int64_t bound = static_cast<int64_t>(parts.model->vocabulary().id_bound());
  for (const AddedToken& token : added) bound = std::max(bound, token.id + 1);
  if (largest < bound) return Status();
  return root.Fault(
      fmt::format("post_processor adds the special token {}, but the largest id of any token is {}",
                  largest, bound - 1));
}

// What the file says about the side that is cut; the rest of "truncation" is not looked at.
Result<bool> KeepsEnd(const JsonNode& root) {
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> truncation, root.Find("truncation"));
  if (!truncation) return false;
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> direction, truncation->Find("direction"));
  if (!direction) return false;
  VETOR_ASSIGN_OR_RETURN(const std::string_view side, direction->String());
  if (side != "Left" && side != "Right") return direction->Expected("\"Left\" or \"Right\"");
  return side == "Left";
}

Result<std::unique_ptr<Tokenizer>> Assemble(Result<Pipeline::Parts> parts,
                                            const LoadOptions& options) {
  if (!parts.ok()) return std::move(parts).status();
  if (!options.special_tokens) parts->post_processor = PostProcessor();
  return std::unique_ptr<Tokenizer>(std::make_unique<Pipeline>(*std::move(parts)));
}

}  // namespace

Result<Pipeline::Parts> ParseParts(const JsonNode& root, std::unique_ptr<TableReader> tables) {
  VETOR_RETURN_IF_ERROR(CheckVersion(root));
  Pipeline::Parts parts;
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> normalizer, root.Find("normalizer"));
  if (normalizer) {
    VETOR_ASSIGN_OR_RETURN(parts.normalizer, ParseNormalizer(*normalizer));
  }
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> pre_tokenizer, root.Find("pre_tokenizer"));
  if (pre_tokenizer) {
    VETOR_ASSIGN_OR_RETURN(parts.pre_tokenizer, ParsePreTokenizer(*pre_tokenizer));
  }
  VETOR_ASSIGN_OR_RETURN(const JsonNode model, root.Get("model"));
  VETOR_ASSIGN_OR_RETURN(parts.model, ParseModel(model, tables.get()));
  std::unique_ptr<Normalizer> earlier;
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> node, root.Find(kAddedTokensNormalizer));
  if (node) {
    VETOR_ASSIGN_OR_RETURN(earlier, ParseNormalizer(*node));
  }
  const Normalizer* of_added = node ? earlier.get() : parts.normalizer.get();
  VETOR_ASSIGN_OR_RETURN(parts.added_tokens,
                         AddedTokens::Parse(root, parts.model->vocabulary(), of_added));
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> processor, root.Find("post_processor"));
  if (processor) {
    VETOR_ASSIGN_OR_RETURN(parts.post_processor, PostProcessor::Parse(*processor));
  }
  VETOR_RETURN_IF_ERROR(CheckSpecialIds(parts, root));
  VETOR_ASSIGN_OR_RETURN(parts.keep_end, KeepsEnd(root));
  parts.tables = std::move(tables);
  return parts;
}

void LogDifferences(const Tokenizer& tokenizer) {
  const FolderNotes& notes = tokenizer.notes();
  for (const auto& [level, list] : {std::pair(LogLevel::kWarning, &notes.differences),
                                    std::pair(LogLevel::kInfo, &notes.possible_differences)}) {
    if (!list->empty()) Log(level, "{}", fmt::join(*list, "; "));
  }
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::Parse(std::string_view json, std::string_view what,
                                                    const LoadOptions& options) {
  TokenizerDocument document;
  VETOR_ASSIGN_OR_RETURN(document.json, ParseTokenizerJson(json, what));
  return Assemble(FinishDocument(options, std::string(what), &document), options);
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::Load(const std::filesystem::path& path,
                                                   const LoadOptions& options) {
  VETOR_ASSIGN_OR_RETURN(FolderFiles files, ReadFolderFiles(path));
  TokenizerDocument document;
  if (path.extension() == ".txt") {
    VETOR_ASSIGN_OR_RETURN(document.json, ReadVocabTxt(path, &files));
  } else if (path.extension() == ".model") {
    VETOR_ASSIGN_OR_RETURN(document.json, ReadSentencePieceModel(path, &files));
  } else if (path.filename() == "vocab.json") {
    VETOR_ASSIGN_OR_RETURN(document.json, ReadVocabJson(path, &files));
  } else {
    return Assemble(ReadTokenizerJson(path, std::move(files), options), options);
  }
  VETOR_RETURN_IF_ERROR(ApplyFolderRules(files, false, &document.json, &document.notes));
  files.Release();
  return Assemble(FinishDocument(options, path.string(), &document), options);
}

}  // namespace vetor
