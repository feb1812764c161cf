// The kind of file that a tokenizer is read from, by the content of a file and by the class of a
// folder.
#pragma once

#include <filesystem>
#include <string_view>

namespace vetor {

enum class VocabularyKind {
  kNone,           ///< No class, or one whose vocabulary vetor does not read.
  kTokenizerJson,  ///< Or a file that only the reader of a tokenizer.json can refuse.
  kWordList,       ///< A vocab.txt.
  kMerges,         ///< A vocab.json with merges.txt.
  kPieces,         ///< A SentencePiece model.
};

/// The content of `path` decides, whatever its name: a SentencePiece model begins with its first
/// piece, JSON with a brace. The name decides if the content does not tell: .model, .txt and .json
/// are what they say, and another text is a list of words. Of two JSON forms vocab.json is the one
/// beside merges.txt.
VocabularyKind KindOfFile(const std::filesystem::path& path);

/// The kind that the class reads which the files in `folder` name, see FolderFiles. kNone also if
/// they cannot be read; the reader of the tokenizer reports that.
VocabularyKind KindOfFolder(const std::filesystem::path& folder);

/// What that class calls its SentencePiece model, the one that counts of several; empty for none.
std::string_view ModelNameOfFolder(const std::filesystem::path& folder);

}  // namespace vetor
