#include "tokenizer/compiled/compiled_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "base/json.h"
#include "base/status_macros.h"
#include "os/file.h"
#include "os/log.h"
#include "os/machine.h"
#include "tokenizer/compiled/compiled_folder.h"
#include "tokenizer/folder/document_keys.h"
#include "tokenizer/folder/folder_rules.h"
#include "tokenizer/tokenizer_json.h"

namespace vetor {
namespace {

namespace json = boost::json;

constexpr uint64_t kLargestSource = 256ULL << 20;

TableKey KeyOf(std::string_view json, const FolderFiles& files, const TokenizerOptions& options) {
  TableKey key{Xxh3(json), json.size()};
  if (options.do_lower_case || files.digest != 0) {
    key.options = Xxh3(fmt::format("{} {:016x}", options.do_lower_case, files.digest));
  }
  return key;
}

bool Lowercases(const json::value& normalizer) {
  const json::object* object = normalizer.if_object();
  const json::value* type = object == nullptr ? nullptr : object->if_contains("type");
  if (type == nullptr || !type->is_string()) return false;
  if (type->get_string() == "Lowercase") return true;
  if (type->get_string() == "BertNormalizer") {
    const json::value* lowercase = object->if_contains("lowercase");
    return lowercase != nullptr && lowercase->is_bool() && lowercase->get_bool();
  }
  const json::value* steps = object->if_contains("normalizers");
  if (steps == nullptr || !steps->is_array()) return false;
  return std::any_of(steps->get_array().begin(), steps->get_array().end(), Lowercases);
}

// A Lowercase before whatever the file declares, as sentence-transformers puts it there
// (sentence_transformers/base/modules/transformer.py, do_lower_case, 5.7.0). Before a
// BertNormalizer that lowercases it changes nothing (compared over all code points with tokenizers
// 0.22), so no second pass over every text is needed there.
void LowercaseFirst(json::value* document) {
  json::object* root = document->if_object();
  if (root == nullptr) return;
  json::array steps = {json::object{{"type", "Lowercase"}}};
  const json::value* declared = root->if_contains("normalizer");
  if (declared != nullptr && Lowercases(*declared)) return;
  if (declared != nullptr && !declared->is_null()) steps.push_back(*declared);
  (*root)["normalizer"] = {{"type", "Sequence"}, {"normalizers", std::move(steps)}};
}

json::value NotesJson(const FolderNotes& notes) {
  return {json::value_from(notes.decided), json::value_from(notes.differences),
          json::value_from(notes.possible_differences)};
}

Result<FolderNotes> ReadNotes(std::string_view text, const std::string& where) {
  VETOR_ASSIGN_OR_RETURN(const json::value value, ParseJson(text, where));
  FolderNotes notes;
  const json::array* lists = value.if_array();
  std::vector<std::string>* const parts[] = {&notes.decided, &notes.differences,
                                             &notes.possible_differences};
  if (lists == nullptr || lists->size() != std::size(parts)) {
    return BrokenTable("the notes are not three lists");
  }
  for (size_t i = 0; i < std::size(parts); ++i) {
    const JsonNode list((*lists)[i], where);
    VETOR_ASSIGN_OR_RETURN(const std::vector<JsonNode> elements, list.Elements());
    for (const JsonNode& element : elements) {
      VETOR_ASSIGN_OR_RETURN(const std::string_view note, element.String());
      parts[i]->emplace_back(note);
    }
  }
  return notes;
}

// Empties the parts that Model::Save writes instead. The model's type stays, for files that do not
// name their model.
void EmptyTables(json::value* document) {
  json::object& model = document->as_object()["model"].as_object();
  for (const char* key : {"vocab", "merges"}) {
    json::value* value = model.if_contains(key);
    if (value == nullptr) continue;
    if (value->is_array()) *value = json::array();
    if (value->is_object()) *value = json::object();
  }
}

// REQUIRES: `parts` were read from `document`, which cannot be used afterwards.
void Store(const std::filesystem::path& folder, const TableKey& key, const Pipeline::Parts& parts,
           json::value* document) {
  EmptyTables(document);
  TableWriter tables;
  tables.AddText(json::serialize(*document));
  tables.AddText(json::serialize(NotesJson(parts.notes)));
  parts.model->Save(&tables);
  const Status stored = StoreCompiled(folder, key, tables);
  if (!stored.ok()) {
    Log(LogLevel::kDebug, "the compiled tokenizer is not kept: {}", stored.message());
  }
}

Result<Pipeline::Parts> ReadCompiled(const std::filesystem::path& path, const TableKey& key) {
  VETOR_ASSIGN_OR_RETURN(std::unique_ptr<TableReader> tables, TableReader::Open(path, key));
  std::string_view text;
  VETOR_RETURN_IF_ERROR(tables->TakeText(&text));
  VETOR_ASSIGN_OR_RETURN(const json::value document, ParseJson(text, path.string()));
  VETOR_RETURN_IF_ERROR(tables->TakeText(&text));
  VETOR_ASSIGN_OR_RETURN(FolderNotes notes, ReadNotes(text, path.string()));
  VETOR_ASSIGN_OR_RETURN(Pipeline::Parts parts,
                         ParseParts(JsonNode(document, path.string() + ": "), std::move(tables)));
  parts.notes = std::move(notes);
  return parts;
}

// NOT_FOUND if the source is too small for a compiled form, or if there is no sound one yet.
Result<Pipeline::Parts> FindCompiled(const std::filesystem::path& path, const FolderFiles& files,
                                     const TokenizerOptions& options) {
  VETOR_ASSIGN_OR_RETURN(const MappedFile source, MappedFile::Open(path));
  if (source.bytes().size() < kSmallestCompiledSource) return NotFoundError("small");
  const TableKey key = KeyOf(source.bytes(), files, options);
  Result<Pipeline::Parts> parts = ReadCompiled(options.compiled_folder / key.FileName(), key);
  if (parts.ok()) {
    TouchCompiled(options.compiled_folder, key);
  } else if (parts.status().code() != StatusCode::kNotFound) {
    Log(LogLevel::kInfo, "{} is built again from {}", parts.status().message(), path.string());
  }
  return parts;
}

// Builds the parts from JSON, and stores them in the compiled folder if there is one.
Result<Pipeline::Parts> BuildFromJson(const std::filesystem::path& path, FolderFiles files,
                                      const TokenizerOptions& options) {
  VETOR_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kLargestSource));
  TokenizerDocument document;
  VETOR_ASSIGN_OR_RETURN(document.json, ParseTokenizerJson(text, path.string()));
  VETOR_RETURN_IF_ERROR(ApplyFolderRules(files, true, &document.json, &document.notes));
  files.Release();
  VETOR_ASSIGN_OR_RETURN(Pipeline::Parts parts, FinishDocument(options, path.string(), &document));
  if (!options.compiled_folder.empty() && text.size() >= kSmallestCompiledSource) {
    // The key is of the bytes that were parsed, not of those that FindCompiled saw.
    Store(options.compiled_folder, KeyOf(text, files, options), parts, &document.json);
  }
  return parts;
}

}  // namespace

Result<boost::json::value> ParseTokenizerJson(std::string_view text, std::string_view what) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  VETOR_ASSIGN_OR_RETURN(json::value document, ParseJson(text, what));
  if (json::object* root = document.if_object()) {
    for (const char* key : kOwnKeys) root->erase(key);
  }
  return document;
}

Result<Pipeline::Parts> FinishDocument(const TokenizerOptions& options, const std::string& where,
                                       TokenizerDocument* document) {
  if (options.do_lower_case) LowercaseFirst(&document->json);
  VETOR_ASSIGN_OR_RETURN(Pipeline::Parts parts, ParseParts(JsonNode(document->json, where + ": ")));
  parts.notes = std::move(document->notes);
  return parts;
}

Result<Pipeline::Parts> ReadTokenizerJson(const std::filesystem::path& path, FolderFiles files,
                                          const TokenizerOptions& options) {
  if (!options.compiled_folder.empty()) {
    Result<Pipeline::Parts> compiled = FindCompiled(path, files, options);
    if (compiled.ok()) return compiled;
  }
  Result<Pipeline::Parts> parts = BuildFromJson(path, std::move(files), options);
  // XLM-R's document takes 50 MB in small pieces, which the C library would otherwise keep.
  ReleaseFreeMemory();
  return parts;
}

}  // namespace vetor
