#include "engine/engine.h"

#include <chrono>

#include "base/status_macros.h"

namespace vetor {
namespace {

using Clock = std::chrono::steady_clock;

double Milliseconds(Clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

// How many tokens of a text are its prompt's, as sentence-transformers counts them: the tokens of
// the prompt alone, with its special tokens but without a trailing one
// (sentence_transformers/base/modules/transformer.py, _get_prompt_length, 5.7.0).
Result<uint32_t> CountPromptTokens(const Tokenizer& tokenizer, std::string_view prompt) {
  TokenSequence with;
  TokenSequence without;
  VETOR_RETURN_IF_ERROR(tokenizer.Encode(prompt, {}, &with));
  VETOR_RETURN_IF_ERROR(tokenizer.Encode(prompt, {.add_special_tokens = false}, &without));
  const bool trailing =
      !with.ids.empty() && (without.ids.empty() || with.ids.back() != without.ids.back());
  return static_cast<uint32_t>(with.ids.size() - (trailing ? 1 : 0));
}

}  // namespace

Result<EncodeSetting> Engine::SettingFor(std::string_view prompt, OnLong on_long) const {
  EncodeSetting setting{.prompt = prompt, .on_long = on_long};
  if (info_.include_prompt || prompt.empty() || reads_text()) return setting;
  VETOR_ASSIGN_OR_RETURN(setting.prompt_tokens, CountPromptTokens(*parts_.tokenizer, prompt));
  return setting;
}

TruncationSide Engine::truncation_side() const {
  const bool left = parts_.tokenizer != nullptr && parts_.tokenizer->keeps_end();
  return left ? TruncationSide::kLeft : TruncationSide::kRight;
}

Status Engine::Encode(std::string_view text, size_t index, const EncodeSetting& setting,
                      EncodedText* out) const {
  const auto named = [index](const Status& status) {
    return status.WithContext("text " + std::to_string(index));
  };
  const Tokenizer& tokenizer = *parts_.tokenizer;
  const auto max_length = static_cast<size_t>(info_.max_length);
  out->windows.clear();
  EncodeOptions options{.max_length = max_length};
  if (setting.truncation_side) options.keep_end = setting.truncation_side == TruncationSide::kLeft;
  const Status status = tokenizer.Encode(text, options, &out->whole);
  if (!status.ok()) return named(status);
  out->tokens = static_cast<uint32_t>(out->whole.ids.size());
  out->truncated = out->whole.truncated;
  if (!out->truncated || setting.on_long == OnLong::kTruncate) return Status();
  const LongText long_text{text, setting.prompt.size(), max_length};
  if (setting.on_long == OnLong::kError) return TooLongError(tokenizer, long_text, index);
  Result<std::vector<TokenSequence>> windows = CutIntoWindows(tokenizer, long_text);
  if (!windows.ok()) return named(windows.status());
  out->whole.Clear();
  out->windows = *std::move(windows);
  out->truncated = false;
  out->tokens = 0;
  for (const TokenSequence& window : out->windows) {
    out->tokens += static_cast<uint32_t>(window.ids.size());
  }
  return Status();
}

Status Engine::FilesUnchanged() const {
  return parts_.tokenizer ? parts_.tokenizer->FilesUnchanged() : Status();
}

Status Engine::Run(const TokenBatch& batch, std::span<float> vectors, RunCost* cost) const {
  const Clock::time_point begin = Clock::now();
  VETOR_ASSIGN_OR_RETURN(const BackendOutput output, parts_.backend->Run(batch));
  const Clock::time_point middle = Clock::now();
  Status status = parts_.head->Finish(batch, output, vectors);
  if (cost != nullptr) {
    cost->model_ms = Milliseconds(middle - begin);
    cost->head_ms = Milliseconds(Clock::now() - middle);
    cost->padding_tokens = output.padding_tokens;
  }
  return status;
}

TokenBatch BatchOfOne(const TokenSequence& tokens) {
  TokenBatch batch;
  batch.row_begin = {0, static_cast<uint32_t>(tokens.ids.size())};
  batch.token_ids = tokens.ids;
  batch.token_type_ids = tokens.type_ids;
  return batch;
}

Status Engine::RunAlone(const TokenSequence& tokens, std::span<float> vector) const {
  return Run(BatchOfOne(tokens), vector, nullptr);
}

Status Engine::RunAlone(std::string_view text, std::span<float> vector) const {
  TokenSequence tokens;
  VETOR_RETURN_IF_ERROR(parts_.tokenizer->Encode(text, {}, &tokens));
  return RunAlone(tokens, vector);
}

}  // namespace vetor
