// Text to token ids, exactly as Hugging Face `tokenizers` gives them for the same tokenizer.json.
//
// The pipeline is the file's: added tokens, normalizer, pre-tokenizer, model, post-processor. A
// component that vetor does not know is refused by name, never approximated. Of the truncation that
// a file declares only the direction counts (LoadOptions::file_alone), and the padding does not:
// lengths come from the model folder. Where the files beside tokenizer.json (tokenizer_config.json,
// added_tokens.json, special_tokens_map.json, config.json) say otherwise, the ids are those that
// transformers 4.57.6 gives for the folder (folder/folder_rules.h), and notes() says which file
// decided.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// What Encode appends to.
struct TokenSequence {
  std::vector<int64_t> ids;
  std::vector<int64_t> type_ids;  ///< Same length; left empty while every type is 0.
  bool truncated = false;

  void Clear() {
    ids.clear();
    type_ids.clear();
    truncated = false;
  }
};

struct EncodeOptions {
  /// Tokens, special ones included; the end is cut, or the beginning (Tokenizer::keeps_end). 0: no
  /// bound.
  size_t max_length = 0;
  bool add_special_tokens = true;  ///< Run the post-processor, e.g. [CLS] ... [SEP].
};

/// Which of two texts gives way when both together are too long.
enum class TruncationStrategy {
  kLongestFirst,  ///< The longer one, then both alike.
  kOnlyFirst,
  kOnlySecond,
};

struct TruncationOptions {
  size_t max_length = 512;  ///< Tokens, special ones included.
  TruncationStrategy strategy = TruncationStrategy::kLongestFirst;
  size_t stride = 0;      ///< Tokens that neighbouring windows of a cut text share.
  bool keep_end = false;  ///< Cut the beginning instead of the end.
};

struct WindowOptions {
  bool add_special_tokens = true;
  std::optional<TruncationOptions> truncation;
  bool byte_ranges = false;  ///< Fill Encoding::ranges.
};

/// A token's place in the text it came from, in bytes; empty for special tokens that were added.
struct TokenRange {
  size_t begin = 0;
  size_t end = 0;
};

/// Everything about one text or a pair. All vectors have the length of `ids`.
struct Encoding {
  std::vector<int64_t> ids;
  std::vector<int64_t> type_ids;
  std::vector<int64_t> special_tokens_mask;  ///< 1 for what the post-processor added.
  std::vector<TokenRange> ranges;            ///< Empty unless asked for.
  std::vector<Encoding> overflow;            ///< The windows that truncation cut off, in order.
};

/// What the files beside a tokenizer had to say, as sentences that name file and key.
struct FolderNotes {
  /// Where another file decided than the tokenizer's own.
  std::vector<std::string> decided;
  /// Where two of transformers 4, transformers 5 and vetor read these files otherwise, and which of
  /// them vetor follows: fit for a warning.
  std::vector<std::string> differences;
  /// Where transformers 5 builds the tokenizer from its own code and may give other ids: for most
  /// models it gives the same.
  std::vector<std::string> possible_differences;
};

/// What a model folder adds to its tokenizer.
struct LoadOptions {
  /// Lowercase each code point before anything else. Costs nothing where the tokenizer does it
  /// itself: lowercasing twice gives the same.
  bool do_lower_case = false;
  /// As sentence-transformers' StaticEmbedding reads a tokenizer.json: nothing beside it counts,
  /// no text gets special tokens, and declared_max_length() is what its truncation says. Of another
  /// vocabulary file, which StaticEmbedding does not read, only the special tokens are left out.
  bool file_alone = false;
  /// Folder of compiled tokenizers (compiled/compiled_folder.h): a large tokenizer.json is built
  /// once and then mapped, ten times faster. Made when missing; what is damaged or made from
  /// another file is built again; a folder that cannot be written is no error. Empty: none.
  std::filesystem::path compiled_folder;
};

/// Immutable after loading: Encode is thread-safe and keeps its scratch in the calling thread.
class Tokenizer {
 public:
  /// Reads tokenizer.json; or a vocab.txt, a vocab.json with merges.txt, or a SentencePiece model
  /// (see vocabulary_files.h for the classes, vocabulary_kind.h for how they are told apart), and
  /// the files beside it. A JSON file with another
  /// name stands alone. Errors: DATA_LOSS (a damaged .model), NOT_FOUND, INVALID_ARGUMENT (names
  /// the key, expected versus found), UNIMPLEMENTED (names the component or the class).
  static Result<std::unique_ptr<Tokenizer>> Load(const std::filesystem::path& path,
                                                 const LoadOptions& options = {});

  /// A tokenizer.json from memory, alone; `what` starts error messages.
  static Result<std::unique_ptr<Tokenizer>> Parse(std::string_view json, std::string_view what,
                                                  const LoadOptions& options = {});

  virtual ~Tokenizer() = default;

  /// Replaces `out` with the ids of `text`. REQUIRES: valid UTF-8, less than 4 GiB.
  /// Errors: INVALID_ARGUMENT when max_length leaves no room beside the special tokens;
  /// RESOURCE_EXHAUSTED when the file's normalizer makes more than 64 bytes of each, or a regular
  /// expression of the file takes too many steps on this text (regex/regex.h).
  virtual Status Encode(std::string_view text, const EncodeOptions& options,
                        TokenSequence* out) const = 0;

  /// One text or a pair with everything there is to know: truncation by strategy into windows,
  /// places of the tokens. Slower than Encode. REQUIRES: valid UTF-8, less than 4 GiB.
  /// Errors: INVALID_ARGUMENT when the texts cannot be cut as asked, or the stride is not smaller
  /// than what a window holds.
  virtual Result<Encoding> EncodeWindows(std::string_view text,
                                         std::optional<std::string_view> pair,
                                         const WindowOptions& options) const = 0;

  /// DATA_LOSS when somebody wrote into a file that the ids come from: all that was encoded since
  /// may be wrong. Half a microsecond.
  virtual Status FilesUnchanged() const { return Status(); }

  virtual std::optional<int64_t> TokenToId(std::string_view token) const = 0;
  /// The token's content, or an empty view for an id that does not exist.
  virtual std::string_view IdToToken(int64_t id) const = 0;
  virtual size_t vocabulary_size() const = 0;  ///< Added tokens included.

  /// A text that is too long loses its beginning, not its end (truncation_side, or
  /// truncation.direction of tokenizer.json).
  virtual bool keeps_end() const = 0;
  /// Tokens of a text by the file's own truncation; 0: it has none, or LoadOptions::file_alone is
  /// false. Encode leaves it to the caller to keep to it.
  virtual size_t declared_max_length() const { return 0; }
  virtual const FolderNotes& notes() const = 0;
  virtual int64_t id_bound() const = 0;  ///< One more than the largest id, added ones included.
};

/// Logs notes().differences as one warning and notes().possible_differences as one line at level
/// debug; nothing for a list that is empty. For a caller that loads a tokenizer to use it: once per
/// load. What only may differ, and for most models does not, is no news on each run of a command:
/// `vetor doctor` says it.
void LogDifferences(const Tokenizer& tokenizer);

}  // namespace vetor
