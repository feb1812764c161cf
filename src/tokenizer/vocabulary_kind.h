// Which kind of file a tokenizer is read from: by what a file holds, and by the class of a folder.
#pragma once

#include <filesystem>
#include <string_view>

namespace vetor {

enum class VocabularyKind {
  kNone,           ///< No class, or one whose vocabulary vetor does not read.
  kTokenizerJson,  ///< Or what only the reader of a tokenizer.json can refuse.
  kWordList,       ///< A vocab.txt.
  kMerges,         ///< A vocab.json with merges.txt.
  kPieces,         ///< A SentencePiece model.
};

/// What `path` holds decides, whatever it is called: a SentencePiece model begins with its first
/// piece, JSON with a brace. Its name decides where the content does not tell: .model, .txt and
/// .json are what they say, and another text is a list of words. Of two JSON forms vocab.json is
/// the one beside merges.txt.
VocabularyKind KindOfFile(const std::filesystem::path& path);

/// Of the class that the files in `folder` name, see FolderFiles; kNone also where they cannot be
/// read, which whoever reads the tokenizer reports.
VocabularyKind KindOfFolder(const std::filesystem::path& folder);

/// What that class calls its SentencePiece model, the one that counts of several; empty for none.
std::string_view ModelNameOfFolder(const std::filesystem::path& folder);

}  // namespace vetor
