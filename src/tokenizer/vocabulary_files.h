// Tokenizers of models that ship no tokenizer.json: older files, written as the tokenizer.json that
// they stand for. Their content, and the class that the files beside them name, decide how they are
// read, never their own names. Each is built as transformers 4.57.6 builds it
// (convert_slow_tokenizer.py).
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <string_view>

#include "tokenizer/folder/folder_files.h"
#include "vetor/status.h"

namespace vetor {

// Both set the class of `files` if the files beside them name none.

/// A vocab.txt of the BERT family: one token per line, its id the line's number; a byte-order mark
/// at its head is skipped. WordPiece with "##" and 100 characters; do_lower_case, strip_accents,
/// tokenize_chinese_chars and the names of the special tokens are those of tokenizer_config.json,
/// else of the class, else of BERT; [CLS] A [SEP] B [SEP], where a [CLS] that no line has gets the
/// next id. Errors: INVALID_ARGUMENT for a file that is not such a vocabulary; UNIMPLEMENTED names
/// a class that reads a vocab.txt in another way.
Result<boost::json::value> ReadVocabTxt(const std::filesystem::path& path, FolderFiles* files);

/// A vocab.json with merges.txt beside it, of the RoBERTa family (absent: RobertaTokenizer) or of
/// DeBERTa's first version: byte-level BPE. Errors: INVALID_ARGUMENT, NOT_FOUND without merges.txt,
/// UNIMPLEMENTED names another class.
Result<boost::json::value> ReadVocabJson(const std::filesystem::path& path, FolderFiles* files);

/// A SentencePiece Unigram model of XLM-RoBERTa, CamemBERT, ALBERT, DeBERTa v2 and v3, T5, mT5,
/// BARThez, BigBird, FNet, RemBERT or XLNet. Without a class beside it, its first pieces tell:
/// <pad> </s> <unk> is T5, <pad> <unk> [CLS] is ALBERT, [PAD] [CLS] [SEP] is DeBERTa, and
/// <unk> <s> </s> is XLM-RoBERTa, whose form CamemBERT shares. Errors: DATA_LOSS for a damaged
/// file; UNIMPLEMENTED for a model that is not Unigram, and for another class, by name.
Result<boost::json::value> ReadSentencePieceModel(const std::filesystem::path& path,
                                                  FolderFiles* files);

/// Whether the class of `files` is one of those whose file the functions above read.
bool IsVocabTxtClass(const FolderFiles& files);
bool IsVocabJsonClass(const FolderFiles& files);
bool IsSentencePieceClass(const FolderFiles& files);
/// What transformers calls the SentencePiece model of that class; empty for other classes.
std::string_view SentencePieceFileName(const FolderFiles& files);

/// Whether a file with this head is a SentencePiece model: its first field is a piece.
bool BeginsWithPiece(std::string_view head);

}  // namespace vetor
