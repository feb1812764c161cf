// Makes the parts of a pipeline from a tokenizer.json, or from its compiled form if there is one.
//
// A compiled file begins with the document itself, as the files beside it and the options made it,
// but with the model's "vocab" and "merges" empty; the notes and the model's arrays follow
// (Model::Save). So every component but the model is read by the same code from the same JSON, and
// only the parts that take long are mapped.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <string>
#include <string_view>

#include "tokenizer/folder/folder_files.h"
#include "tokenizer/pipeline.h"
#include "tokenizer/tokenizer.h"

namespace vetor {

/// Smaller files are always read as JSON: they load in less than 20 ms (ModernBERT, 2.1 MB: 11 ms;
/// multilingual BERT, 2.6 MB: 53 ms; XLM-R, 6.4 MB: 107 ms, compiled 6 ms).
inline constexpr uint64_t kSmallestCompiledSource = 2'300'000;

/// A tokenizer.json, or the document that stands for another vocabulary file.
struct TokenizerDocument {
  boost::json::value json;
  FolderNotes notes;
};

/// Parses the document; skips a byte-order mark at its beginning. Errors: those of ParseJson.
Result<boost::json::value> ParseTokenizerJson(std::string_view json, std::string_view what);

/// Builds the parts that `document` describes, with what `options` add to it. Messages begin with
/// `where`.
Result<Pipeline::Parts> FinishDocument(const TokenizerOptions& options, const std::string& where,
                                       TokenizerDocument* document);

/// `files` lie beside the tokenizer; they are released before the tables are built. Errors: those
/// of Tokenizer::Load; a fault of the compiled form is never an error.
Result<Pipeline::Parts> ReadTokenizerJson(const std::filesystem::path& path, FolderFiles files,
                                          const TokenizerOptions& options);

}  // namespace vetor
