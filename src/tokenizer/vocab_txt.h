// Makes a tokenizer for a model without a tokenizer.json: reads a vocab.txt and writes the
// tokenizer.json that stands for it. The file's content, and the class that the files beside it
// name, decide how it is read; its own name does not. The tokenizer is built as transformers 4.57.6
// builds it (convert_slow_tokenizer.py).
#pragma once

#include <boost/json.hpp>
#include <filesystem>

#include "tokenizer/folder/folder_files.h"
#include "vetor/status.h"

namespace vetor {

/// Reads a vocab.txt of the BERT family. It has one token per line, whose id is the number of the
/// line; a byte-order mark at the beginning is skipped. The model is WordPiece with "##" and 100
/// characters. do_lower_case, strip_accents, tokenize_chinese_chars and the names of the special
/// tokens are those of tokenizer_config.json, otherwise of the class, otherwise of BERT. The
/// template is [CLS] A [SEP] B [SEP]; a [CLS] that no line has gets the next id. Sets the class of
/// `files` if no file beside it names one. Errors: INVALID_ARGUMENT for a file that is not such a
/// vocabulary; UNIMPLEMENTED names a class that reads a vocab.txt in another way.
Result<boost::json::value> ReadVocabTxt(const std::filesystem::path& path, FolderFiles* files);

/// Whether ReadVocabTxt reads the vocabulary of the class of `files`.
bool IsVocabTxtClass(const FolderFiles& files);

}  // namespace vetor
