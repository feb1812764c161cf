// A model that is open: its tokenizer, its backend and its head. This is the only place that knows
// how the three fit; all code that runs a model runs it through this class.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/backend.h"
#include "batching/token_batch.h"
#include "engine/long_text.h"
#include "head/pooler.h"
#include "tokenizer/tokenizer.h"
#include "vetor/component_ranges.h"
#include "vetor/status.h"

namespace vetor {

/// Facts that do not change while a model is open.
struct EngineInfo {
  std::string model_id;
  std::string fingerprint;  ///< Of the vector space: vectors of equal fingerprints may be compared
                            ///< and cached together.
  std::string service_fingerprint;  ///< As ServiceInfo::fingerprint.
  std::string fallback_reason;  ///< Why hashing runs although a model was asked for; else empty.
  std::string runtime_reason;   ///< As ServiceInfo::runtime_reason.
  bool has_graph = false;       ///< ONNX Runtime could run the model, whatever runs it.

  std::map<std::string, std::string> prompts;
  std::string default_prompt;  ///< The prompt of a call that names none.
  bool include_prompt = true;  ///< False: pooling leaves the prompt's tokens out.
  int max_length = 0;
  bool any_length = false;           ///< No text is too long; max_length is the largest int.
  bool normalize = true;             ///< Vectors have length 1.
  bool normalized_by_model = false;  ///< As ServiceInfo::normalized_by_model.
  ComponentRanges ranges;            ///< As ServiceInfo::component_ranges.
};

/// The time that a run took, and the tokens that it computed beside the batch's own.
struct RunCost {
  double model_ms = 0;
  double head_ms = 0;
  size_t padding_tokens = 0;
};

/// The choices of a call that are the same for all of its texts.
struct EncodeSetting {
  std::string_view prompt;  ///< The prompt with which each text begins; borrowed.
  OnLong on_long = OnLong::kTruncate;
  std::optional<TruncationSide> truncation_side = {};  ///< Unset: Engine::truncation_side.
  uint32_t prompt_tokens = 0;                          ///< Leading tokens that pooling leaves out.
};

/// A text as token ids: in one piece, or in windows if it is too long and windows were asked for.
struct EncodedText {
  TokenSequence whole;                 ///< Empty if `windows` is not.
  std::vector<TokenSequence> windows;  ///< Two or more, or none.
  uint32_t tokens = 0;                 ///< Tokens of all windows together.
  bool truncated = false;
};

/// Immutable; the methods are thread-safe.
class Engine {
 public:
  struct Parts {
    std::unique_ptr<Backend> backend;
    std::unique_ptr<Tokenizer> tokenizer;  ///< Null if the backend reads text.
    std::optional<Pooler> head;            ///< Always set.
  };
  Engine(Parts parts, EngineInfo info) : parts_(std::move(parts)), info_(std::move(info)) {}

  const EngineInfo& info() const { return info_; }
  const BackendTraits& traits() const { return parts_.backend->traits(); }
  bool reads_text() const { return traits().input == BackendInput::kTexts; }
  size_t dim() const { return parts_.head->dim(); }  ///< Components of a vector.
  const Tokenizer* tokenizer() const { return parts_.tokenizer.get(); }  ///< Null: it reads text.

  /// The setting that Encode takes for the texts of a call. Errors: those of the tokenizer.
  Result<EncodeSetting> SettingFor(std::string_view prompt, OnLong on_long) const;

  /// The end of a text that truncation cuts if a call says nothing else.
  TruncationSide truncation_side() const;

  /// Replaces `out` with the ids of `text`, which begins with the setting's prompt, special tokens
  /// included and at most info().max_length. REQUIRES: !reads_text(). Errors: INVALID_ARGUMENT for
  /// a text that is too long if on_long is "error"; those of the tokenizer. They name `index`, the
  /// text's place in its call.
  Status Encode(std::string_view text, size_t index, const EncodeSetting& setting,
                EncodedText* out) const;

  /// DATA_LOSS if a file that the ids come from was written into. Takes half a microsecond.
  Status FilesUnchanged() const;

  /// Computes the vectors of a batch, [batch.rows(), dim()] row-major. `cost` may be null. Errors:
  /// those of Backend::Run and Pooler::Finish.
  Status Run(const TokenBatch& batch, std::span<float> vectors, RunCost* cost) const;

  /// Computes the vector [dim()] of one text's ids in a batch of its own.
  Status RunAlone(const TokenSequence& tokens, std::span<float> vector) const;
  /// The same for a text, which is not cut. REQUIRES: !reads_text().
  Status RunAlone(std::string_view text, std::span<float> vector) const;

 private:
  Parts parts_;
  EngineInfo info_;
};

/// A batch that holds one text.
TokenBatch BatchOfOne(const TokenSequence& tokens);

}  // namespace vetor
