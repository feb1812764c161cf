#include "tokenizer/tokenizer_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/status_macros.h"
#include "os/log.h"
#include "tokenizer/compiled/compiled_tokenizer.h"
#include "tokenizer/decoders/decoder_json.h"
#include "tokenizer/folder/document_keys.h"
#include "tokenizer/folder/folder_rules.h"
#include "tokenizer/models/model_json.h"
#include "tokenizer/normalizers/normalizer_json.h"
#include "tokenizer/pre_tokenizers/pre_tokenizer_json.h"
#include "tokenizer/sentencepiece_model.h"
#include "tokenizer/vocab_json.h"
#include "tokenizer/vocab_txt.h"
#include "tokenizer/vocabulary_kind.h"

namespace vetor {
namespace {

Status CheckVersion(const JsonNode& root) {
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> version, root.Find("version"));
  if (!version) return Status();
  VETOR_ASSIGN_OR_RETURN(const std::string_view number, version->String());
  return number == "1.0" ? Status() : version->Expected("\"1.0\"");
}

// If no token has the id, the model would read past its embedding table.
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

// Reads which side is cut. Of the rest of "truncation" only max_length is read.
Result<bool> KeepsEnd(const JsonNode& root) {
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> truncation, root.Find("truncation"));
  if (!truncation) return false;
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> direction, truncation->Find("direction"));
  if (!direction) return false;
  VETOR_ASSIGN_OR_RETURN(const std::string_view side, direction->String());
  if (side != "Left" && side != "Right") return direction->Expected("\"Left\" or \"Right\"");
  return side == "Left";
}

// 0 if the file has none, or one that no tokenizer has.
Result<size_t> DeclaredMaxLength(const JsonNode& root) {
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> truncation, root.Find("truncation"));
  if (!truncation) return size_t{0};
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> length, truncation->Find("max_length"));
  const Result<int64_t> tokens =
      length ? length->Integer(1, std::numeric_limits<int64_t>::max()) : Result<int64_t>(0);
  return tokens.ok() ? static_cast<size_t>(*tokens) : size_t{0};
}

// Checks the truncation of a file that is read alone: it must leave something of a text, and must
// not make the reference fail on every text that is too long.
Status CheckTruncation(const JsonNode& root) {
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> truncation, root.Find("truncation"));
  if (!truncation) return Status();
  VETOR_ASSIGN_OR_RETURN(const JsonNode length, truncation->Get("max_length"));
  VETOR_ASSIGN_OR_RETURN(const int64_t tokens,
                         length.Integer(1, std::numeric_limits<int64_t>::max()));
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> strategy, truncation->Find("strategy"));
  if (strategy) {
    VETOR_ASSIGN_OR_RETURN(const std::string_view name, strategy->String());
    if (name != "LongestFirst" && name != "OnlyFirst") {
      return strategy->Expected("\"LongestFirst\" or \"OnlyFirst\", which can cut a single text");
    }
  }
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> stride, truncation->Find("stride"));
  if (!stride) return Status();
  return stride->Integer(0, tokens - 1).status();
}

// Only Decode needs the decoder, so what is wrong with it stops nobody who encodes.
Status ReadDecoder(const JsonNode& root, std::unique_ptr<Decoder>* decoder) {
  VETOR_ASSIGN_OR_RETURN(const std::optional<JsonNode> node, root.Find("decoder"));
  if (!node) return Status();
  VETOR_ASSIGN_OR_RETURN(*decoder, ParseDecoder(*node));
  return Status();
}

Result<std::unique_ptr<Tokenizer>> Assemble(Result<Pipeline::Parts> parts,
                                            const TokenizerOptions& options) {
  if (!parts.ok()) return std::move(parts).status();
  if (options.file_alone) {
    VETOR_RETURN_IF_ERROR(parts->declared_truncation);
    parts->post_processor = PostProcessor();
  } else {
    parts->declared_max_length = 0;
  }
  return std::unique_ptr<Tokenizer>(std::make_unique<Pipeline>(*std::move(parts)));
}

// A SentencePiece model alone does not say which tokens stand around a text.
void NoteAssumedClass(const std::filesystem::path& path, const FolderFiles& files,
                      FolderNotes* notes) {
  notes->differences.push_back(fmt::format(
      "{}: no file beside it names a class, so it is read as a {}, by its first pieces; if it "
      "belongs to another, name that as tokenizer_class in {}",
      path.string(), files.class_name, (path.parent_path() / "tokenizer_config.json").string()));
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
  parts.decoder_status = ReadDecoder(root, &parts.decoder);
  VETOR_ASSIGN_OR_RETURN(parts.keep_end, KeepsEnd(root));
  VETOR_ASSIGN_OR_RETURN(parts.declared_max_length, DeclaredMaxLength(root));
  parts.declared_truncation = CheckTruncation(root);
  parts.tables = std::move(tables);
  return parts;
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::Parse(std::string_view json, std::string_view what,
                                                    const TokenizerOptions& options) {
  TokenizerDocument document;
  VETOR_ASSIGN_OR_RETURN(document.json, ParseTokenizerJson(json, what));
  return Assemble(FinishDocument(options, std::string(what), &document), options);
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::Load(const std::filesystem::path& path,
                                                   const TokenizerOptions& options) {
  Log(LogLevel::kDebug, "tokenizer read: {}", path.string());
  const VocabularyKind kind = KindOfFile(path);
  if (options.file_alone && kind == VocabularyKind::kTokenizerJson) {
    return Assemble(ReadTokenizerJson(path, {}, options), options);
  }
  VETOR_ASSIGN_OR_RETURN(FolderFiles files, ReadFolderFiles(path));
  TokenizerDocument document;
  if (kind == VocabularyKind::kWordList) {
    VETOR_ASSIGN_OR_RETURN(document.json, ReadVocabTxt(path, &files));
  } else if (kind == VocabularyKind::kPieces) {
    const bool named = !files.class_name.empty();
    VETOR_ASSIGN_OR_RETURN(document.json, ReadSentencePieceModel(path, &files));
    if (!named) NoteAssumedClass(path, files, &document.notes);
  } else if (kind == VocabularyKind::kMerges) {
    VETOR_ASSIGN_OR_RETURN(document.json, ReadVocabJson(path, &files));
  } else {
    return Assemble(ReadTokenizerJson(path, std::move(files), options), options);
  }
  VETOR_RETURN_IF_ERROR(ApplyFolderRules(files, false, &document.json, &document.notes));
  files.Release();
  return Assemble(FinishDocument(options, path.string(), &document), options);
}

}  // namespace vetor
