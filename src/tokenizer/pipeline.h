// The tokenizer that a tokenizer.json describes. pipeline.cc shows the flow of the data.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "tokenizer/added_tokens.h"
#include "tokenizer/bert_fast_path.h"
#include "tokenizer/decoder.h"
#include "tokenizer/model.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/post_processor.h"
#include "tokenizer/pre_tokenizer.h"
#include "tokenizer/tokenizer.h"

namespace vetor {

/// Immutable; thread-safe.
class Pipeline : public Tokenizer {
 public:
  struct Parts {
    std::unique_ptr<Normalizer> normalizer;       ///< May be null.
    std::unique_ptr<PreTokenizer> pre_tokenizer;  ///< May be null.
    std::unique_ptr<Model> model;
    AddedTokens added_tokens;
    PostProcessor post_processor;
    std::unique_ptr<TableReader>
        tables;  ///< The file that holds the model's arrays; null if they own their memory.
    bool keep_end = false;           ///< True if a text that is too long loses its beginning.
    size_t declared_max_length = 0;  ///< As in Tokenizer.
    /// Says why a text cannot be cut as the file declares it; OK if it can.
    Status declared_truncation;
    std::unique_ptr<Decoder> decoder;  ///< May be null.
    Status decoder_status;             ///< Says why the file's decoder cannot be used.
    FolderNotes notes;
  };

  /// `fused` uses the one-walk path if the parts allow it. Only tests that compare both switch it
  /// off.
  explicit Pipeline(Parts parts, bool fused = true);

  Status Encode(std::string_view text, const EncodeOptions& options,
                TokenSequence* out) const override;
  Result<Encoding> EncodeWindows(std::string_view text, std::optional<std::string_view> pair,
                                 const WindowOptions& options) const override;
  Result<std::string> Decode(std::span<const int64_t> ids, bool skip_special_tokens) const override;
  Status FilesUnchanged() const override;
  std::optional<int64_t> TokenToId(std::string_view token) const override;
  std::string_view IdToToken(int64_t id) const override;
  size_t vocabulary_size() const override;
  bool keeps_end() const override { return parts_.keep_end; }
  size_t declared_max_length() const override { return parts_.declared_max_length; }
  const FolderNotes& notes() const override { return parts_.notes; }
  int64_t id_bound() const override;

  /// A text that can be cut goes through the stages in parts of this many bytes. Tests that compare
  /// parts with the whole set it before the first text.
  size_t least_part = 1 << 16;

 private:
  struct Scratch;

  Scratch* ThreadScratch() const;
  void LetGoOfLargeBuffers() const;
  Status Tokenize(std::string_view text, size_t limit, TokenSink* sink) const;
  Status AppendText(std::string_view text, size_t room, bool keep_end, TokenSequence* out) const;
  Status TokenizeSegment(std::string_view text, size_t offset, size_t limit, TokenSink* sink) const;
  Status RunStages(std::string_view text, size_t offset, size_t limit, TokenSink* sink) const;
  void FindNormalizedTokens(PreTokenized* pre_tokenized) const;
  void TrimPlaces(std::string_view text, Encoding* encoding) const;
  Result<std::string_view> DecodedToken(std::span<const int64_t> ids, size_t at) const;
  Result<Encoding> TokenizeWhole(std::string_view text, int64_t type_id, bool offsets) const;

  Parts parts_;
  std::unique_ptr<BertFastPath> fast_path_;
  bool needs_origins_ = false;
  bool can_cut_ = false;   // See text_parts.h.
  uint64_t identity_ = 0;  // tells the scratch of this tokenizer from that of others
};

}  // namespace vetor
