// A tokenizer of a model that ships no tokenizer.json: a vocab.json with merges.txt, written as the
// tokenizer.json that it stands for. Its content, and the class that the files beside it name,
// decide how it is read, never its own name. It is built as transformers 4.57.6 builds it
// (convert_slow_tokenizer.py).
#pragma once

#include <boost/json.hpp>
#include <filesystem>

#include "tokenizer/folder/folder_files.h"
#include "vetor/status.h"

namespace vetor {

/// A vocab.json with merges.txt beside it, of the RoBERTa family (absent: RobertaTokenizer) or of
/// DeBERTa's first version: byte-level BPE. Errors: INVALID_ARGUMENT, NOT_FOUND without merges.txt,
/// UNIMPLEMENTED names another class.
Result<boost::json::value> ReadVocabJson(const std::filesystem::path& path, FolderFiles* files);

/// Whether the class of `files` is one of those whose file the function above reads.
bool IsVocabJsonClass(const FolderFiles& files);

}  // namespace vetor
