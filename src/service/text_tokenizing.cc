#include "service/text_tokenizing.h"

#include <string>
#include <vector>

#include "base/status_macros.h"

namespace vetor {

Result<TextInfo> AddTokenized(const Tokenizer& tokenizer, const TextTokenizing& how, size_t row,
                              std::string_view text, EmbedCall* call) {
  thread_local TokenSequence tokens;
  const auto named = [row](const Status& status) {
    return status.WithContext("text " + std::to_string(row));
  };
  const Status status = tokenizer.Encode(text, {.max_length = how.max_length}, &tokens);
  if (!status.ok()) return named(status);
  if (!tokens.truncated || how.on_long == OnLong::kTruncate) {
    call->AddTokens(row, {tokens.ids, tokens.type_ids, how.prompt_tokens});
    return TextInfo{.tokens = static_cast<uint32_t>(tokens.ids.size()),
                    .truncated = tokens.truncated};
  }
  const LongText long_text{text, how.prompt_bytes, how.max_length};
  if (how.on_long == OnLong::kError) return TooLongError(tokenizer, long_text, row);
  Result<std::vector<TokenSequence>> windows = CutIntoWindows(tokenizer, long_text);
  if (!windows.ok()) return named(windows.status());
  std::vector<EmbedCall::Tokens> views;
  TextInfo info;
  for (const TokenSequence& window : *windows) {
    views.push_back({window.ids, window.type_ids, how.prompt_tokens});
    info.tokens += static_cast<uint32_t>(window.ids.size());
  }
  call->AddWindows(row, views);
  return info;
}

// As sentence-transformers counts it: the prompt alone with its special tokens, less a trailing
// one (sentence_transformers/base/modules/transformer.py, _get_prompt_length, 5.7.0).
Result<uint32_t> CountPromptTokens(const Tokenizer& tokenizer, std::string_view prompt) {
  TokenSequence with;
  TokenSequence without;
  VETOR_RETURN_IF_ERROR(tokenizer.Encode(prompt, {}, &with));
  VETOR_RETURN_IF_ERROR(tokenizer.Encode(prompt, {.add_special_tokens = false}, &without));
  const bool trailing =
      !with.ids.empty() && (without.ids.empty() || with.ids.back() != without.ids.back());
  return static_cast<uint32_t>(with.ids.size() - (trailing ? 1 : 0));
}

}  // namespace vetor
