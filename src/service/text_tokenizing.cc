#include "service/text_tokenizing.h"

#include <string>
#include <vector>

#include "base/status_macros.h"
#include "service/long_text.h"

namespace vetor {
namespace {

// The same for all texts of a call.
struct TextTokenizing {
  size_t max_length = 0;
  size_t prompt_bytes = 0;     ///< Of the prompt that each text begins with.
  uint32_t prompt_tokens = 0;  ///< Leading tokens that pooling leaves out.
  OnLong on_long = OnLong::kTruncate;
};

// Adds one text and returns how many tokens it has.
Result<uint64_t> AddTokenized(const Tokenizer& tokenizer, const TextTokenizing& how,
                              const TextJob& job, std::string_view text, EmbedCall* call) {
  thread_local TokenSequence tokens;
  const auto named = [&job](const Status& status) {
    return status.WithContext("text " + std::to_string(job.row));
  };
  const Status status = tokenizer.Encode(text, {.max_length = how.max_length}, &tokens);
  if (!status.ok()) return named(status);
  if (!tokens.truncated || how.on_long == OnLong::kTruncate) {
    const TextInfo info{.tokens = static_cast<uint32_t>(tokens.ids.size()),
                        .truncated = tokens.truncated};
    call->AddTokens(job, info, {tokens.ids, tokens.type_ids, how.prompt_tokens});
    return info.tokens;
  }
  const LongText long_text{text, how.prompt_bytes, how.max_length};
  if (how.on_long == OnLong::kError) return TooLongError(tokenizer, long_text, job.row);
  Result<std::vector<TokenSequence>> windows = CutIntoWindows(tokenizer, long_text);
  if (!windows.ok()) return named(windows.status());
  std::vector<EmbedCall::Tokens> views;
  TextInfo info;
  for (const TokenSequence& window : *windows) {
    views.push_back({window.ids, window.type_ids, how.prompt_tokens});
    info.tokens += static_cast<uint32_t>(window.ids.size());
  }
  call->AddWindows(job, info, views);
  return info.tokens;
}

}  // namespace

Result<uint64_t> AddTexts(const Engine& engine, const CallPart& part, EmbedCall* call) {
  if (engine.backend->traits().input == BackendInput::kTexts) {
    for (const TextJob* job : part.jobs) call->AddText(*job, part.texts[job->row]);
    return uint64_t{0};
  }
  const Tokenizer& tokenizer = *engine.tokenizer;
  // Before too: a map of a file that was cut is not to be read.
  VETOR_RETURN_IF_ERROR(tokenizer.FilesUnchanged());
  TextTokenizing how{.max_length = static_cast<size_t>(engine.max_length),
                     .prompt_bytes = part.choices.prompt.size(),
                     .on_long = part.choices.on_long};
  if (!engine.include_prompt && !part.choices.prompt.empty()) {
    VETOR_ASSIGN_OR_RETURN(how.prompt_tokens, CountPromptTokens(tokenizer, part.choices.prompt));
  }
  uint64_t tokens = 0;
  for (const TextJob* job : part.jobs) {
    VETOR_RETURN_IF_ERROR(part.patience.Check());
    VETOR_ASSIGN_OR_RETURN(const uint64_t added,
                           AddTokenized(tokenizer, how, *job, part.texts[job->row], call));
    tokens += added;
  }
  VETOR_RETURN_IF_ERROR(tokenizer.FilesUnchanged());
  return tokens;
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
