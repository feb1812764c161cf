// Finds what kind of file a tokenizer is read from, by the content of the file and by the class of
// the folder.
#pragma once

#include <filesystem>
#include <string_view>

namespace vetor {

enum class VocabularyKind {
  kNone,           ///< There is no class, or vetor does not read its vocabulary.
  kTokenizerJson,  ///< Or a file that only the code that reads a tokenizer.json can refuse.
  kWordList,       ///< A vocab.txt.
  kMerges,         ///< A vocab.json with merges.txt.
  kPieces,         ///< A SentencePiece model.
};

/// The content of `path` decides, not its name: a SentencePiece model begins with its first piece,
/// JSON with a brace. If the content does not tell, the name decides: .model, .txt and .json are
/// what they say, and any other text is a list of words. Of two JSON forms vocab.json is the one
/// beside merges.txt.
VocabularyKind KindOfFile(const std::filesystem::path& path);

/// The kind that the class reads which the files in `folder` name (see FolderFiles). Also kNone if
/// these files cannot be read; the code that reads the tokenizer reports that.
VocabularyKind KindOfFolder(const std::filesystem::path& folder);

/// The name that this class gives its SentencePiece model. If a folder has several, that one
/// counts. Empty if there is none.
std::string_view ModelNameOfFolder(const std::filesystem::path& folder);

}  // namespace vetor
