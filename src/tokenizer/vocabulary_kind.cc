#include "tokenizer/vocabulary_kind.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "base/utf8.h"
#include "os/file.h"
#include "tokenizer/folder/folder_files.h"
#include "tokenizer/sentencepiece_classes.h"
#include "tokenizer/sentencepiece_model.h"
#include "tokenizer/vocab_json.h"
#include "tokenizer/vocab_txt.h"

namespace vetor {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";
constexpr size_t kHeadBytes = 4096;

std::string_view WithoutMark(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

// Looks for a brace and the quote of a key, or for an empty object. A list of words has one word
// per line.
bool IsJsonObject(std::string_view head) {
  head.remove_prefix(std::min(head.find_first_not_of(kSpaces), head.size()));
  if (!head.starts_with('{')) return false;
  head.remove_prefix(1);
  head.remove_prefix(std::min(head.find_first_not_of(kSpaces), head.size()));
  const bool key = head.starts_with('"') && !head.substr(1).starts_with('\n');
  return key || head.starts_with('}');
}

// A Git LFS pointer is not a list of words; the code that reads the file says what it is.
bool IsText(std::string_view head) {
  const size_t bad = FindInvalidUtf8(head);
  const bool valid = bad == kValidUtf8 || (head.size() == kHeadBytes && bad + 4 > kHeadBytes);
  return valid && head.find('\0') == std::string_view::npos &&
         head.find('\n') != std::string_view::npos && !head.starts_with("version https://git-lfs");
}

}  // namespace

VocabularyKind KindOfFile(const std::filesystem::path& path) {
  const Result<MappedFile> file = MappedFile::Open(path);
  const std::string_view all = file.ok() ? file->bytes() : std::string_view();
  const std::string_view head = WithoutMark(all.substr(0, kHeadBytes));
  if (BeginsWithPiece(head)) return VocabularyKind::kPieces;
  const bool beside_merges = path.filename() == "vocab.json";
  if (beside_merges) return VocabularyKind::kMerges;
  if (IsJsonObject(head) || path.extension() == ".json") return VocabularyKind::kTokenizerJson;
  if (path.extension() == ".txt") return VocabularyKind::kWordList;
  if (path.extension() == ".model") return VocabularyKind::kPieces;
  return IsText(head) ? VocabularyKind::kWordList : VocabularyKind::kTokenizerJson;
}

std::string_view ModelNameOfFolder(const std::filesystem::path& folder) {
  const Result<FolderFiles> files = ReadFolderFiles(folder / "vocab.txt");
  return files.ok() ? SentencePieceFileName(*files) : std::string_view();
}

VocabularyKind KindOfFolder(const std::filesystem::path& folder) {
  const Result<FolderFiles> files = ReadFolderFiles(folder / "vocab.txt");
  if (!files.ok() || files->class_name.empty()) return VocabularyKind::kNone;
  if (IsSentencePieceClass(*files)) return VocabularyKind::kPieces;
  if (IsVocabJsonClass(*files)) return VocabularyKind::kMerges;
  return IsVocabTxtClass(*files) ? VocabularyKind::kWordList : VocabularyKind::kNone;
}

}  // namespace vetor
