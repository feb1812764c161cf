#include "service/text_tokenizing.h"

#include <vector>

#include "base/status_macros.h"

namespace vetor {
namespace {

void AddEncoded(const TextJob& job, const EncodedText& text, uint32_t prompt_tokens,
                EmbedCall* call) {
  const TextInfo info{.tokens = text.tokens, .truncated = text.truncated};
  if (text.windows.empty()) {
    call->AddTokens(job, info, {text.whole.ids, text.whole.type_ids, prompt_tokens});
    return;
  }
  std::vector<EmbedCall::Tokens> views;
  views.reserve(text.windows.size());
  for (const TokenSequence& window : text.windows) {
    views.push_back({window.ids, window.type_ids, prompt_tokens});
  }
  call->AddWindows(job, info, views);
}

}  // namespace

Result<uint64_t> AddTexts(const Engine& engine, const CallPart& part, EmbedCall* call) {
  if (engine.reads_text()) {
    for (const TextJob* job : part.jobs) call->AddText(*job, part.texts[job->row]);
    return uint64_t{0};
  }
  // Checked before the texts as well, because a mapped file that was truncated must not be read.
  VETOR_RETURN_IF_ERROR(engine.FilesUnchanged());
  VETOR_ASSIGN_OR_RETURN(EncodeSetting setting,
                         engine.SettingFor(part.choices.prompt, part.choices.on_long));
  setting.truncation_side = part.choices.truncation_side;
  thread_local EncodedText encoded;
  uint64_t tokens = 0;
  for (const TextJob* job : part.jobs) {
    VETOR_RETURN_IF_ERROR(part.limits.Check());
    VETOR_RETURN_IF_ERROR(engine.Encode(part.texts[job->row], job->row, setting, &encoded));
    AddEncoded(*job, encoded, setting.prompt_tokens, call);
    tokens += encoded.tokens;
  }
  VETOR_RETURN_IF_ERROR(engine.FilesUnchanged());
  return tokens;
}

}  // namespace vetor
