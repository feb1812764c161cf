// Makes a tokenizer for a model without a tokenizer.json: reads a SentencePiece model (ModelProto
// of sentencepiece_model.proto) and writes the tokenizer.json that stands for it. The file's
// content, and the class that the files beside it name, decide how it is read; its own name does
// not. The tokenizer is built as transformers 4.57.6 builds it (convert_slow_tokenizer.py).
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <string_view>

#include "tokenizer/folder/folder_files.h"
#include "vetor/status.h"

namespace vetor {

/// A SentencePiece Unigram model of XLM-RoBERTa, CamemBERT, ALBERT, DeBERTa v2 and v3, T5, mT5,
/// BARThez, BigBird, FNet, RemBERT or XLNet. If no file beside it names a class, its first pieces
/// decide: <pad> </s> <unk> is T5, <pad> <unk> [CLS] is ALBERT, [PAD] [CLS] [SEP] is DeBERTa, and
/// <unk> <s> </s> is XLM-RoBERTa, whose form CamemBERT shares. Sets the class of `files` then.
/// Errors: DATA_LOSS for a damaged file; UNIMPLEMENTED for a model that is not Unigram, and for
/// another class, by name.
Result<boost::json::value> ReadSentencePieceModel(const std::filesystem::path& path,
                                                  FolderFiles* files);

/// Whether a file that begins so is a SentencePiece model: its first field is a piece.
bool BeginsWithPiece(std::string_view head);

}  // namespace vetor
