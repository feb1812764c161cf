// A tokenizer of a model that ships no tokenizer.json: a vocab.txt, written as the tokenizer.json
// that it stands for. Its content, and the class that the files beside it name, decide how it is
// read, never its own name. It is built as transformers 4.57.6 builds it
// (convert_slow_tokenizer.py).
#pragma once

#include <boost/json.hpp>
#include <filesystem>

#include "tokenizer/folder/folder_files.h"
#include "vetor/status.h"

namespace vetor {

/// A vocab.txt of the BERT family: one token per line, its id the line's number; a byte-order mark
/// at its head is skipped. WordPiece with "##" and 100 characters; do_lower_case, strip_accents,
/// tokenize_chinese_chars and the names of the special tokens are those of tokenizer_config.json,
/// else of the class, else of BERT; [CLS] A [SEP] B [SEP], where a [CLS] that no line has gets the
/// next id. Sets the class of `files` if the files beside name none. Errors: INVALID_ARGUMENT for a
/// file that is not such a vocabulary; UNIMPLEMENTED names a class that reads a vocab.txt in
/// another way.
Result<boost::json::value> ReadVocabTxt(const std::filesystem::path& path, FolderFiles* files);

/// Whether the class of `files` is one of those whose file the function above reads.
bool IsVocabTxtClass(const FolderFiles& files);

}  // namespace vetor
