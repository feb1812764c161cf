// How each tokenizer class reads a SentencePiece Unigram model: the ids of its pieces, the changes
// to a text beforehand, and the special tokens around it.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "tokenizer/folder/folder_files.h"
#include "vetor/status.h"

namespace vetor {

struct SentencePieceFile {
  enum PieceType : uint64_t { kNormal = 1, kUnknown = 2, kControl = 3, kUserDefined = 4 };
  struct Piece {
    std::string_view text;
    double score = 0;
    uint64_t type = kNormal;
  };
  std::vector<Piece> pieces;
  std::string_view charsmap;
  uint64_t model_type = 1;  ///< TrainerSpec.model_type; 1 is UNIGRAM.
  uint64_t unknown_id = 0;
};

/// The tokenizer.json that stands for `file`, which was read from `path`. Sets the class of `files`
/// if no file names one. Errors: those of ReadSentencePieceModel.
Result<boost::json::value> ConvertSentencePiece(const std::filesystem::path& path,
                                                const SentencePieceFile& file, FolderFiles* files);

/// Whether the class of `files` is one of those that have a SentencePiece model of this kind.
bool IsSentencePieceClass(const FolderFiles& files);
/// The name that transformers gives the SentencePiece model of that class; empty for other classes.
std::string_view SentencePieceFileName(const FolderFiles& files);

}  // namespace vetor
