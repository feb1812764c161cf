#include "tokenizer/compiled/compiled_tokenizer.h"

#include <utility>

#include "base/digest.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/machine.h"
#include "base/status_macros.h"
#include "tokenizer/compiled/compiled_folder.h"

namespace vetor {
namespace {

constexpr uint64_t kLargestSource = 256ULL << 20;

TableKey KeyOf(std::string_view json, const LoadOptions& options) {
  return {Xxh3(json), json.size(), options.do_lower_case ? 1U : 0U};
}

// A Lowercase before whatever the file declares, as sentence-transformers puts it there
// (sentence_transformers/base/modules/transformer.py, do_lower_case, 5.7.0).
void LowercaseFirst(boost::json::value* document) {
  boost::json::object* root = document->if_object();
  if (root == nullptr) return;
  boost::json::array steps = {boost::json::object{{"type", "Lowercase"}}};
  const boost::json::value* declared = root->if_contains("normalizer");
  if (declared != nullptr && !declared->is_null()) steps.push_back(*declared);
  (*root)["normalizer"] = {{"type", "Sequence"}, {"normalizers", std::move(steps)}};
}

// Empties what Model::Save writes instead; the kind stays, for files that do not name their model.
void EmptyTables(boost::json::value* document) {
  boost::json::object& model = document->as_object()["model"].as_object();
  for (const char* key : {"vocab", "merges"}) {
    boost::json::value* value = model.if_contains(key);
    if (value == nullptr) continue;
    if (value->is_array()) *value = boost::json::array();
    if (value->is_object()) *value = boost::json::object();
  }
}

// REQUIRES: `parts` were read from `document`, which is spent.
void Store(const std::filesystem::path& folder, const TableKey& key, const Pipeline::Parts& parts,
           boost::json::value* document) {
  EmptyTables(document);
  TableWriter tables;
  tables.AddText(boost::json::serialize(*document));
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
  VETOR_ASSIGN_OR_RETURN(const boost::json::value document, ParseJson(text, path.string()));
  return ParseParts(JsonNode(document, path.string() + ": "), std::move(tables));
}

// NOT_FOUND where the file is too small for it, or there is no sound compiled form yet.
Result<Pipeline::Parts> FindCompiled(const std::filesystem::path& path,
                                     const LoadOptions& options) {
  VETOR_ASSIGN_OR_RETURN(const MappedFile source, MappedFile::Open(path));
  if (source.bytes().size() < kSmallestCompiledSource) return NotFoundError("small");
  const TableKey key = KeyOf(source.bytes(), options);
  Result<Pipeline::Parts> parts = ReadCompiled(options.compiled_folder / key.FileName(), key);
  if (parts.ok()) {
    TouchCompiled(options.compiled_folder, key);
  } else if (parts.status().code() != StatusCode::kNotFound) {
    Log(LogLevel::kInfo, "{} is built again from {}", parts.status().message(), path.string());
  }
  return parts;
}

// From JSON, and into the compiled folder where there is one.
Result<Pipeline::Parts> BuildFromJson(const std::filesystem::path& path,
                                      const LoadOptions& options) {
  VETOR_ASSIGN_OR_RETURN(const std::string json, ReadFile(path, kLargestSource));
  VETOR_ASSIGN_OR_RETURN(boost::json::value document,
                         ParseTokenizerJson(json, path.string(), options));
  VETOR_ASSIGN_OR_RETURN(Pipeline::Parts parts,
                         ParseParts(JsonNode(document, path.string() + ": ")));
  if (!options.compiled_folder.empty() && json.size() >= kSmallestCompiledSource) {
    // Of the bytes that were parsed, not of those that FindCompiled saw.
    Store(options.compiled_folder, KeyOf(json, options), parts, &document);
  }
  return parts;
}

}  // namespace

Result<boost::json::value> ParseTokenizerJson(std::string_view json, std::string_view what,
                                              const LoadOptions& options) {
  VETOR_ASSIGN_OR_RETURN(boost::json::value document, ParseJson(json, what));
  if (options.do_lower_case) LowercaseFirst(&document);
  return document;
}

Result<Pipeline::Parts> ReadTokenizerJson(const std::filesystem::path& path,
                                          const LoadOptions& options) {
  if (!options.compiled_folder.empty()) {
    Result<Pipeline::Parts> compiled = FindCompiled(path, options);
    if (compiled.ok()) return compiled;
  }
  Result<Pipeline::Parts> parts = BuildFromJson(path, options);
  // XLM-R's document takes 50 MB in small pieces, which the C library would keep for itself.
  ReleaseFreeMemory();
  return parts;
}

}  // namespace vetor
