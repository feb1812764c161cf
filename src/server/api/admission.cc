#include "server/api/admission.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/counted.h"

namespace vetor {

uint64_t EstimateTokens(std::span<const std::string_view> texts, int max_length) {
  constexpr uint64_t kBytesPerToken = 4;
  constexpr uint64_t kSpecialTokens = 2;
  uint64_t tokens = 0;
  for (const std::string_view text : texts) {
    uint64_t of_text = text.size() / kBytesPerToken + 1 + kSpecialTokens;
    if (max_length > 0) of_text = std::min(of_text, static_cast<uint64_t>(max_length));
    tokens += of_text;
  }
  return tokens;
}

Status Admission::Enter(uint64_t tokens) {
  const MutexLock lock(&mutex_);
  if (load_.requests > 0 && load_.tokens + tokens > most_tokens_) {
    ++load_.refused;
    return ResourceExhaustedError(fmt::format(
        "the server is full: about {} of other requests wait or run, this one has about "
        "{}, and ai.server.queue_tokens is {}; try again later",
        Counted(load_.tokens, "token"), WithThousands(tokens), WithThousands(most_tokens_)));
  }
  ++load_.requests;
  load_.tokens += tokens;
  return Status();
}

void Admission::Leave(uint64_t tokens) {
  const MutexLock lock(&mutex_);
  --load_.requests;
  load_.tokens -= tokens;
}

Admission::Load Admission::load() const {
  const MutexLock lock(&mutex_);
  return load_;
}

}  // namespace vetor
