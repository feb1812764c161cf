// Makes a tokenizer for a model without a tokenizer.json: reads a vocab.json with merges.txt and
// writes the tokenizer.json that stands for them. The file's content, and the class that the files
// beside it name, decide how it is read; its own name does not. The tokenizer is built as
// transformers 4.57.6 builds it (convert_slow_tokenizer.py).
#pragma once

#include <boost/json.hpp>
#include <filesystem>

#include "tokenizer/folder/folder_files.h"
#include "vetor/status.h"

namespace vetor {

/// Reads a vocab.json with merges.txt beside it, of the RoBERTa family (RobertaTokenizer if no
/// class is named) or of DeBERTa's first version: byte-level BPE. Errors: INVALID_ARGUMENT;
/// NOT_FOUND if there is no merges.txt; UNIMPLEMENTED names another class.
Result<boost::json::value> ReadVocabJson(const std::filesystem::path& path, FolderFiles* files);

/// Whether ReadVocabJson reads the vocabulary of the class of `files`.
bool IsVocabJsonClass(const FolderFiles& files);

}  // namespace vetor
