// Text to token ids and back, exactly as Hugging Face `tokenizers` does it for the same
// tokenizer.json.
//
//   auto opened = vetor::OpenTokenizer("models/all-MiniLM-L6-v2");
//   if (!opened.ok()) return Fail(opened.status());
//   vetor::TokenSequence tokens;
//   vetor::Status status = opened->tokenizer->Encode(
//       "GP de São Paulo", {.max_length = opened->max_length}, &tokens);
//   if (!status.ok()) return Fail(status);
//   std::cout << opened->tokenizer->IdToToken(tokens.ids[1]) << '\n';
//
// The pipeline is the file's: added tokens, normalizer, pre-tokenizer, model, post-processor. A
// component that vetor does not know is refused by name, never approximated. Of the truncation that
// a file declares only the direction counts (but see TokenizerOptions::file_alone), and the padding
// does not: lengths come from the model folder. If the files beside tokenizer.json
// (tokenizer_config.json, added_tokens.json, special_tokens_map.json, config.json) say otherwise,
// the ids are those that transformers 4.57.6 gives for the folder, and notes() says which file
// decided.
//
// A tokenizer needs neither ONNX Runtime nor the model's graph.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor {

/// What Encode fills. One that is used for many texts keeps its memory.
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

/// How Encode does one text.
struct EncodeOptions {
  /// Most tokens, special ones included; 0: no bound.
  size_t max_length = 0;
  bool add_special_tokens = true;  ///< Run the post-processor, e.g. [CLS] ... [SEP].
  /// Cut the beginning instead of the end; unset: as the tokenizer's files say
  /// (Tokenizer::keeps_end).
  std::optional<bool> keep_end = {};
};

/// Which of two texts gives way when both together are too long.
enum class TruncationStrategy {
  kLongestFirst,  ///< The longer one, then both alike.
  kOnlyFirst,
  kOnlySecond,
};

/// How EncodeWindows cuts a text that is too long.
struct TruncationOptions {
  size_t max_length = 512;  ///< Tokens of a window, special ones included.
  TruncationStrategy strategy = TruncationStrategy::kLongestFirst;
  size_t stride = 0;      ///< Tokens that neighbouring windows of a cut text share.
  bool keep_end = false;  ///< Cut the beginning instead of the end.
};

/// How EncodeWindows does one text or a pair.
struct WindowOptions {
  bool add_special_tokens = true;
  std::optional<TruncationOptions> truncation =
      {};                ///< Unset: nothing is cut, there is one window.
  bool offsets = false;  ///< Fill Encoding::offsets.
};

/// A token's place in the text it came from, in bytes of UTF-8: [begin, end). Empty for special
/// tokens that were added.
struct TokenOffsets {
  size_t begin = 0;
  size_t end = 0;
};

/// Everything about one text or a pair. All vectors but `overflow` have the length of `ids`.
struct Encoding {
  std::vector<int64_t> ids;
  std::vector<int64_t> type_ids;
  std::vector<int64_t> special_tokens_mask;  ///< 1 for tokens that the post-processor added.
  std::vector<TokenOffsets> offsets;         ///< Empty unless WindowOptions::offsets.
  std::vector<Encoding> overflow;            ///< The windows that truncation cut off, in order.
};

/// The effects of the files beside a tokenizer, as sentences that name file and key.
struct FolderNotes {
  /// Decisions of another file than the tokenizer's own.
  std::vector<std::string> decided;
  /// Points at which transformers 4, transformers 5 and vetor do not all read these files alike,
  /// and which of them vetor follows: fit for a warning.
  std::vector<std::string> differences;
  /// Classes that transformers 5 builds from its own code and may give other ids for; for most
  /// models it gives the same.
  std::vector<std::string> possible_differences;
};

/// What a model folder adds to its tokenizer. OpenTokenizer finds it in the folder's files.
struct TokenizerOptions {
  /// Lowercase each code point before anything else. Costs nothing if the tokenizer does it
  /// itself: lowercasing twice gives the same.
  bool do_lower_case = false;
  /// Reads tokenizer.json as sentence-transformers' StaticEmbedding does: nothing beside it counts,
  /// no text gets special tokens, and declared_max_length() is that of its truncation. With another
  /// vocabulary file, which StaticEmbedding does not read, only the special tokens are left out.
  bool file_alone = false;
  /// Folder of compiled tokenizers: a large tokenizer.json is built once and then mapped, ten times
  /// faster. Made if missing. A compiled file that is damaged or made from another file is built
  /// again, and a folder that cannot be written is not an error. Empty: none.
  std::filesystem::path compiled_folder;
};

/// Immutable after it is opened; the caller owns it. Encode and all else may be called from any
/// number of threads at once, and keep their scratch memory in the calling thread.
class Tokenizer {
 public:
  /// A tokenizer file by itself; for the ids of a model use OpenTokenizer, which reads the model
  /// folder's configuration too. Reads tokenizer.json; or a vocab.txt, a vocab.json with
  /// merges.txt, or a SentencePiece model, and the files beside it. A JSON file with another name
  /// stands alone. Errors: DATA_LOSS (a damaged .model), NOT_FOUND, INVALID_ARGUMENT (names the
  /// key, expected versus found), UNIMPLEMENTED (names the component or the class).
  static Result<std::unique_ptr<Tokenizer>> Load(const std::filesystem::path& path,
                                                 const TokenizerOptions& options = {});

  /// A tokenizer.json from memory, alone; `what` starts error messages.
  static Result<std::unique_ptr<Tokenizer>> Parse(std::string_view json, std::string_view what,
                                                  const TokenizerOptions& options = {});

  virtual ~Tokenizer() = default;

  /// Replaces `out` with the ids of `text`.
  /// Errors: INVALID_ARGUMENT if the text is not UTF-8 or has 4 GiB or more, and if max_length
  /// leaves no room beside the special tokens;
  /// RESOURCE_EXHAUSTED if the file's normalizer makes more than 64 bytes of each byte, or a
  /// regular expression of the file takes too many steps on this text.
  virtual Status Encode(std::string_view text, const EncodeOptions& options,
                        TokenSequence* out) const = 0;

  /// One text or a pair with everything there is to know: truncation by strategy into windows, and
  /// offsets of the tokens. Slower than Encode.
  /// Errors: those of Encode; INVALID_ARGUMENT if the texts cannot be cut as asked, or the stride
  /// is not smaller than the room of a window.
  ///
  ///   auto encoding = tokenizer.EncodeWindows("São Paulo", std::nullopt, {.offsets = true});
  ///   if (!encoding.ok()) return Fail(encoding.status());
  ///   const vetor::TokenOffsets place = encoding->offsets[1];  // bytes [0, 4): "São"
  virtual Result<Encoding> EncodeWindows(std::string_view text,
                                         std::optional<std::string_view> pair,
                                         const WindowOptions& options) const = 0;

  /// The text of `ids`, by the file's decoder; without one, the tokens with spaces between them. A
  /// text that was encoded mostly comes back changed: the normalizer's work is not undone.
  /// `skip_special_tokens` leaves out tokens that the file or its folder adds as special ([CLS],
  /// </s>). Decodes as `tokenizers` 0.23 does, but for ids without a token: `tokenizers` leaves
  /// them out without a word, and here they are an error, since they belong to another tokenizer.
  /// Errors: INVALID_ARGUMENT names the first id without a token, its position and the size of the
  /// vocabulary, or what is wrong with the file's decoder, which stops no other call; UNIMPLEMENTED
  /// names a decoder that vetor does not know; RESOURCE_EXHAUSTED if the decoder makes more than
  /// eight bytes of each byte, or its regular expression takes too many steps.
  virtual Result<std::string> Decode(std::span<const int64_t> ids,
                                     bool skip_special_tokens) const = 0;

  /// DATA_LOSS if a file that the ids come from was written into: all ids since then may be wrong.
  /// Takes half a microsecond.
  virtual Status FilesUnchanged() const { return Status(); }

  /// The id of a token as the vocabulary writes it ("[CLS]", "##ing"); unset if there is none.
  virtual std::optional<int64_t> TokenToId(std::string_view token) const = 0;
  /// The token's content, or an empty view for an id that does not exist.
  virtual std::string_view IdToToken(int64_t id) const = 0;
  virtual size_t vocabulary_size() const = 0;  ///< Added tokens included.

  /// A text that is too long loses its beginning, not its end (truncation_side, or
  /// truncation.direction of tokenizer.json).
  virtual bool keeps_end() const = 0;
  /// The most tokens of a text by the file's own truncation; 0: it has none, or
  /// TokenizerOptions::file_alone is false. Encode leaves it to the caller to keep to it.
  virtual size_t declared_max_length() const { return 0; }
  virtual const FolderNotes& notes() const = 0;
  virtual int64_t id_bound() const = 0;  ///< One more than the largest id, added ones included.
};

/// A tokenizer, and the name and length of its model.
struct ModelTokenizer {
  std::string name;       ///< The path that was meant.
  size_t max_length = 0;  ///< The most tokens of a text that the model takes; 0: no bound is known.
  std::unique_ptr<Tokenizer> tokenizer;
};

/// Opens the tokenizer that `path` names: a model folder or its .onnx file, the id of a model in
/// the hub cache (pull.h), a folder with nothing but a tokenizer, or a tokenizer file. The ids are
/// those that the model sees. Logs a warning if the folder's files differ in a way that two
/// versions of transformers read differently, and if the model could not be read but its tokenizer
/// could. Errors: INVALID_ARGUMENT if `path` is empty or the model's maximum leaves nothing of a
/// text; NOT_FOUND; those of Tokenizer::Load.
Result<ModelTokenizer> OpenTokenizer(const std::string& path);

/// Opens the tokenizer of the model that `config` names, with its tokenizer_path and max_length.
/// Nothing else of `config` is looked at. Errors: as above, and INVALID_ARGUMENT for a setting.
Result<ModelTokenizer> OpenTokenizer(const EmbeddingsConfig& config);

}  // namespace vetor
