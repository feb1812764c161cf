#include "service/embed_flow.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "head/dense_payload.h"
#include "service/call_part.h"
#include "service/text_tokenizing.h"
#include "service/user_function.h"

namespace vetor {
namespace {

// Keys that are looked up together. The number is small, so that records are copied out while they
// are in the processor's cache.
constexpr size_t kKeysPerFind = 256;

}  // namespace

EmbedFlow::~EmbedFlow() {
  if (call_ != nullptr) call_->StopProgress();
}

CallLimits EmbedFlow::limits() const {
  return {.stop = options_.stop, .deadline = options_.deadline, .when_full = options_.when_full};
}

Status EmbedFlow::Prepare() {
  VETOR_ASSIGN_OR_RETURN(choices_, ChooseForCall(*parts_.engine, parts_.on_long, options_));
  VETOR_ASSIGN_OR_RETURN(
      texts_, PreparedTexts::Make(given_, choices_.prompt, options_.replace_invalid_utf8));
  out_.rows = given_.size();
  out_.dim = parts_.info->dim;
  out_.values.resize(out_.rows * out_.dim);
  out_.texts.resize(out_.rows);
  out_.model_id = parts_.info->model_id;
  return {};
}

std::optional<Embeddings> EmbedFlow::TakeFromMemory() {
  // An error is that of LookUp, which the caller goes on to.
  if (!caches() || !Prepare().ok()) return std::nullopt;
  std::vector<CacheKey> keys;
  keys.reserve(texts_.size());
  for (size_t row = 0; row < texts_.size(); ++row) {
    keys.push_back(KeyOfText(*parts_.keyer, choices_, texts_[row]));
  }
  CacheLookUp look_up = Cache();
  if (!look_up.FindInMemory(keys)) return std::nullopt;
  for (size_t row = 0; row < keys.size(); ++row) {
    const std::optional<Record> record = look_up.Found(row);
    if (!record) return std::nullopt;
    Answer(row, *record, /*cached=*/true);
  }
  parts_.recorder->cache_hits += keys.size();
  Finish();
  return Take();
}

Result<EmbedFlow::Next> EmbedFlow::LookUp() {
  VETOR_RETURN_IF_ERROR(Prepare());
  FindCached();
  if (jobs_.empty()) return Finish();
  VETOR_RETURN_IF_ERROR(Admit());
  return Next::kClaim;
}

Status EmbedFlow::Admit() {
  if (!options_.admit) return {};
  std::vector<std::string_view> missing;
  missing.reserve(jobs_.size());
  for (const TextJob& job : jobs_) missing.push_back(texts_[job.row]);
  const UserFunction running(UserFunction::Kind::kAdmit);
  Status status = options_.admit(missing);
  if (!status.ok()) ++parts_.recorder->refused_calls;
  return status;
}

Result<EmbedFlow::Next> EmbedFlow::Claim(InFlight::OnChange on_change) {
  claims_.emplace(parts_.in_flight->Claim(jobs_, std::move(on_change)));
  parts_.recorder->joined_texts += claims_->followed();
  return Lead(claims_->led());
}

// Answers the texts that the cache holds; the others become jobs.
void EmbedFlow::FindCached() {
  std::vector<CacheKey> keys;
  CacheLookUp look_up = Cache();
  const size_t rows = texts_.size();
  keys.reserve(std::min(rows, kKeysPerFind));
  for (size_t begin = 0; begin < rows; begin += kKeysPerFind) {
    keys.clear();
    for (size_t row = begin; row < std::min(rows, begin + kKeysPerFind); ++row) {
      keys.push_back(KeyOfText(*parts_.keyer, choices_, texts_[row]));
    }
    look_up.Find(keys);
    for (size_t i = 0; i < keys.size(); ++i) {
      if (const std::optional<Record> record = look_up.Found(i)) {
        Answer(begin + i, *record, /*cached=*/true);
      } else {
        jobs_.push_back({.row = begin + i, .key = keys[i], .record = {}});
      }
    }
  }
  if (!caches()) return;
  parts_.recorder->cache_hits += rows - jobs_.size();
  if (!jobs_.empty()) parts_.recorder->cache_misses += jobs_.size();
}

Result<EmbedFlow::Next> EmbedFlow::Lead(std::vector<TextJob*> led) {
  led_ = std::move(led);
  if (caches() && !led_.empty()) TakeCached();
  left_ = led_;
  done_ = texts_.size() - led_.size();
  return TokenizePart();
}

// Another call may have finished a text between this call's look into the cache and its claim.
void EmbedFlow::TakeCached() {
  std::vector<CacheKey> keys;
  keys.reserve(led_.size());
  for (const TextJob* job : led_) keys.push_back(job->key);
  CacheLookUp look_up = Cache();
  look_up.Find(keys);
  std::vector<TextJob*> missing;
  for (size_t i = 0; i < led_.size(); ++i) {
    if (const std::optional<Record> record = look_up.Found(i)) {
      FinishJob(led_[i], CopyRecord(*record));
    } else {
      missing.push_back(led_[i]);
    }
  }
  led_ = std::move(missing);
}

// Makes the next part of the texts that are left into a call for the scheduler.
Result<EmbedFlow::Next> EmbedFlow::TokenizePart() {
  call_.reset();
  if (left_.empty()) return claims_->followed() > 0 ? Next::kFollow : Finish();
  const bool windows = choices_.on_long == OnLong::kWindow;
  part_ = left_.first(TextsOfPart(left_.size(), {windows, parts_.batch_size},
                                  [this](size_t i) { return texts_[left_[i]->row].size(); }));
  const auto join = [unit = parts_.info->normalized](std::span<const WindowPart> parts) {
    return JoinDense(parts, unit);
  };
  const auto call = std::make_shared<EmbedCall>(join, caches());
  const Stopwatch watch;
  const CallPart part{.jobs = part_, .texts = texts_, .choices = choices_, .limits = limits()};
  VETOR_ASSIGN_OR_RETURN(const uint64_t tokens, AddTexts(*parts_.engine, part, call.get()));
  parts_.recorder->tokens += tokens;
  if (!parts_.engine->reads_text()) {
    const double tokenize_ms = watch.ms();
    parts_.recorder->tokenize.AddMs(tokenize_ms);
    out_.times.tokenize_ms += tokenize_ms;
  }
  call->Seal();
  if (const auto& progress = options_.progress) {
    call->StartProgress([&progress, done = done_, total = texts_.size()](size_t delivered) {
      progress(done + delivered, total);
    });
  }
  call_ = call;
  return Next::kCompute;
}

Result<EmbedFlow::Next> EmbedFlow::Computed(const Status& outcome) {
  call_->StopProgress();
  if (call_->refused()) ++parts_.recorder->refused_calls;
  VETOR_RETURN_IF_ERROR(outcome);
  call_->AddTimesTo(&out_.times);
  for (size_t i = 0; i < part_.size(); ++i) {
    FinishJob(part_[i], std::move(call_->jobs()[i].record));
  }
  done_ += part_.size();
  left_ = left_.subspan(part_.size());
  return TokenizePart();
}

Result<EmbedFlow::Next> EmbedFlow::Followed(std::vector<TextJob*> taken_over) {
  return Lead(std::move(taken_over));
}

// Gives the record of a text that this call leads to its followers and to the caller's row, and
// releases it.
void EmbedFlow::FinishJob(TextJob* job, Record record) {
  job->record = std::move(record);
  claims_->Publish(job);
  Answer(job->row, job->record, /*cached=*/false);
  job->record = Record();
}

void EmbedFlow::Answer(size_t row, const Record& record, bool cached) {
  CopyDense(record.payload.bytes, std::span(out_.values).subspan(row * out_.dim, out_.dim));
  out_.texts[row] = record.info;
  out_.texts[row].cached = cached;
}

EmbedFlow::Next EmbedFlow::Finish() {
  for (const TextJob& job : jobs_) {
    if (job.record.payload.owner != nullptr) Answer(job.row, job.record, /*cached=*/false);
  }
  const bool model = !parts_.engine->reads_text();
  for (const TextInfo& text : out_.texts) {
    if (text.truncated) ++parts_.recorder->truncated_texts;
    if (text.tokens == 0 && model) ++parts_.recorder->texts_without_tokens;
  }
  parts_.recorder->texts += texts_.size();
  if (jobs_.empty() && texts_.size() > 0) parts_.recorder->AddLatency(watch_.ms());
  return Next::kDone;
}

}  // namespace vetor
