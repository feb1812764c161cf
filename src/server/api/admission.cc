#include "server/api/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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

std::optional<Admission::Refusal> Admission::Enter(uint64_t tokens, Clock::time_point deadline) {
  const MutexLock lock(&mutex_);
  Advance();
  const double bound = BoundBy(deadline);
  if (load_.requests > 0 &&
      CountedTokens(kLargestShare * bound) + static_cast<double>(tokens) > bound) {
    ++load_.refused;
    return Refuse(tokens, bound);
  }
  ++load_.requests;
  load_.tokens += tokens;
  in_.insert(tokens);
  return std::nullopt;
}

void Admission::Leave(uint64_t tokens) {
  const MutexLock lock(&mutex_);
  Advance();
  --load_.requests;
  load_.tokens -= tokens;
  in_.erase(in_.find(tokens));
}

void Admission::NoteComputed(double tokens) {
  const MutexLock lock(&mutex_);
  Advance();
  rate_.AddDone(tokens);
}

Admission::Load Admission::load() const {
  const MutexLock lock(&mutex_);
  Load load = load_;
  load.tokens_per_second = rate_.per_second().value_or(0);
  return load;
}

double Admission::BoundBy(Clock::time_point deadline) const {
  const auto most = static_cast<double>(most_tokens_);
  const std::optional<double> rate = rate_.per_second();
  if (!rate) return most;
  const double left = std::max(0.0, WorkRate::Seconds(deadline - seen_).count());
  return std::min(most, kShareOfTime * *rate * left);
}

double Admission::CountedTokens(double most) const {
  auto counted = static_cast<double>(load_.tokens);
  // The largest come first; few are larger than most of the bound.
  for (const uint64_t tokens : in_) {
    if (static_cast<double>(tokens) <= most) break;
    counted -= static_cast<double>(tokens) - most;
  }
  return counted;
}

Admission::Refusal Admission::Refuse(uint64_t tokens, double bound) const {
  const auto whole_bound = static_cast<uint64_t>(bound);
  Refusal refusal{
      .message = fmt::format(
          "the server is full: about {} of other requests wait or run, this one has about {}, and "
          "{}; try again later",
          Counted(load_.tokens, "token"), WithThousands(tokens),
          whole_bound >= most_tokens_
              ? fmt::format("ai.server.queue_tokens is {}", WithThousands(most_tokens_))
              : fmt::format("about {} can be computed before its ai.server.request_timeout_ms is "
                            "over",
                            WithThousands(whole_bound))),
      .retry_after = {}};
  const std::optional<double> rate = rate_.per_second();
  if (!rate) return refusal;
  // What fits beside the largest request waits only for other small ones.
  const auto own = static_cast<double>(tokens);
  const double largest = kLargestShare * bound;
  const double ahead =
      own <= bound - largest ? CountedTokens(largest) : static_cast<double>(load_.tokens);
  const double seconds = std::min(ahead, ahead + own - bound) / *rate;
  const double ms = std::min(seconds * 1e3, static_cast<double>(kMostWait.count()));
  refusal.retry_after =
      std::max(kLeastWait, std::chrono::milliseconds(static_cast<int64_t>(std::ceil(ms))));
  return refusal;
}

void Admission::Advance() {
  const Clock::time_point now = now_();
  if (load_.requests > 0 && now > seen_) rate_.AddTime(now - seen_);
  seen_ = now;
}

}  // namespace vetor
