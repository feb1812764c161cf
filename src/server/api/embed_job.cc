#include "server/api/embed_job.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/counted.h"
#include "base/exceptions.h"
#include "kernels/vector_norm.h"
#include "server/api/vector_text.h"

namespace vetor {
namespace {

constexpr uint64_t kMostAnswerBytes = uint64_t{128} << 20;
// A larger answer is not written by a worker: 64 KiB take 0.3 ms.
constexpr uint64_t kMostBytesOfWorker = 64 << 10;
// Of a text while its vector is computed, beside the vector: its string, job and key.
constexpr uint64_t kBytesPerText = 256;

// A request's place among those that are let in, until the last owner of it is gone. Used by one
// thread at a time.
class Place {
 public:
  // The state outlives the exchange's jobs only through the exchange.
  Place(std::shared_ptr<Exchange> exchange, uint64_t tokens, size_t texts)
      : exchange_(std::move(exchange)), tokens_(tokens), texts_(texts) {}
  ~Place() { admission().Leave(tokens_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  /// So many of the call's texts, those of the cache included, still miss their vectors.
  void NoteMissing(size_t missing) {
    if (missing >= missing_) return;
    const auto done = static_cast<double>(missing_ - missing) / static_cast<double>(texts_);
    missing_ = missing;
    admission().NoteComputed(done * static_cast<double>(tokens_));
  }

 private:
  Admission& admission() const { return exchange_->state().admission; }

  const std::shared_ptr<Exchange> exchange_;
  const uint64_t tokens_;
  const size_t texts_;  // That the cache does not hold; at least one.
  size_t missing_ = texts_;
};

bool AnswersRawRows(const EmbedRequest& request, const Exchange& exchange) {
  return request.answers_rows && exchange.WantsRawRows();
}

uint64_t AnswerBytes(const EmbedRequest& request, const Exchange& exchange) {
  const bool raw_rows = AnswersRawRows(request, exchange);
  const uint64_t row = raw_rows ? AnswerDim(request) * sizeof(float) : request.row_bytes;
  return request.texts.size() * row + request.echoed_bytes;
}

ApiError TooLarge(const EmbedRequest& request, uint64_t bytes, uint64_t most) {
  return {.status = 413,
          .message = fmt::format("the answer to {} would have up to {} bytes, and at most {} are "
                                 "given; send fewer texts per request",
                                 Counted(request.texts.size(), "text"), WithThousands(bytes),
                                 WithThousands(most))};
}

// Makes room for the answer and for the vectors that it is made of, before anything is computed.
// Answers the exchange and returns false if there is none.
bool HoldAnswer(const EmbedRequest& request, Exchange* exchange) {
  const uint64_t texts = request.texts.size();
  const uint64_t answer = AnswerBytes(request, *exchange);
  if (answer > kMostAnswerBytes) {
    exchange->Fail(TooLarge(request, answer, kMostAnswerBytes));
    return false;
  }
  const uint64_t vector_bytes = request.entry->service().dim() * sizeof(float);
  const uint64_t held = answer + request.echoed_bytes + texts * (vector_bytes + kBytesPerText);
  // What never fits is not worth another try.
  if (const uint64_t most = exchange->state().options.budget->MostFor(held); held > most) {
    exchange->Fail(TooLarge(request, held, most));
    return false;
  }
  const Status status = exchange->HoldAnswer(held);
  if (!status.ok()) exchange->Fail(status);
  return status.ok();
}

void ScaleToUnit(std::span<float> row) {
  double squares = 0;
  for (const float value : row) squares += double{value} * value;
  const double divisor = UnitDivisor(squares);
  for (float& value : row) value = static_cast<float>(value / divisor);
}

// Rows of `dim` components, of those that the service gave.
void CutAndScale(size_t dim, bool scale, Embeddings* rows) {
  if (dim < rows->dim) {
    for (size_t i = 0; i < rows->rows; ++i) {
      std::copy_n(rows->values.begin() + static_cast<std::ptrdiff_t>(i * rows->dim), dim,
                  rows->values.begin() + static_cast<std::ptrdiff_t>(i * dim));
    }
    rows->dim = dim;
    rows->values.resize(rows->rows * dim);
  }
  if (!scale) return;
  for (size_t i = 0; i < rows->rows; ++i) {
    ScaleToUnit(std::span(rows->values).subspan(i * dim, dim));
  }
}

struct Plan {
  const ServedEntry* entry = nullptr;
  size_t dim = 0;
  bool scale = false;
  bool raw_rows = false;
  std::string warning;
  MakeAnswer answer;
  uint64_t answer_bytes = 0;     ///< At most.
  std::unique_ptr<Place> place;  ///< Of the texts that are not in the cache; null if all are.
  std::optional<std::chrono::milliseconds> retry_after;  ///< If it was refused and it is known.
};

// Lets the request in, with the texts that the cache does not hold, or says why not.
Status EnterQueue(std::span<const std::string_view> missing,
                  const std::shared_ptr<Exchange>& exchange, Plan* plan) {
  const uint64_t tokens = EstimateTokens(missing, plan->entry->service().info().max_length);
  if (auto refusal = exchange->state().admission.Enter(tokens, exchange->deadline())) {
    plan->retry_after = refusal->retry_after;
    return ResourceExhaustedError(std::move(refusal->message));
  }
  plan->place = std::make_unique<Place>(exchange, tokens, missing.size());
  return {};
}

uint64_t TruncatedTexts(const Embeddings& rows) {
  uint64_t count = 0;
  for (const TextInfo& text : rows.texts) count += text.truncated ? 1 : 0;
  return count;
}

// Milliseconds as a whole number, as text-embeddings-inference writes them.
std::string WholeMs(double ms) { return std::to_string(std::llround(ms)); }

void AddFields(const Embedded& embedded, const Exchange& exchange, const Plan& plan,
               HttpResponse* response) {
  const CallTimes& times = embedded.rows.times;
  auto& fields = response->fields;
  fields.push_back({"x-compute-tokens", std::to_string(embedded.tokens)});
  fields.push_back({"x-tokenization-time", WholeMs(times.tokenize_ms)});
  fields.push_back({"x-queue-time", WholeMs(times.queue_ms)});
  fields.push_back({"x-inference-time", WholeMs(times.compute_ms)});
  fields.push_back({"x-total-time", WholeMs(exchange.elapsed_ms())});
  const uint64_t truncated = TruncatedTexts(embedded.rows);
  if (truncated > 0) fields.push_back({"x-vetor-truncated", std::to_string(truncated)});
  if (!plan.warning.empty()) fields.push_back({"x-vetor-warning", plan.warning});
}

void NoteComputed(const CallTimes& times, const Plan& plan, ApiState* state) {
  if (times.compute_ms <= 0) return;
  state->health->NotePass(plan.entry);
  state->counters.AddQueueWait(times.queue_ms / 1e3);
}

void AnswerWith(Embeddings rows, const Plan& plan, Exchange* exchange) {
  Embedded embedded{.rows = std::move(rows), .model = plan.entry->name};
  for (const TextInfo& text : embedded.rows.texts) {
    embedded.tokens += text.tokens;
    if (text.cached) embedded.cached_tokens += text.tokens;
  }
  CutAndScale(plan.dim, plan.scale, &embedded.rows);
  HttpResponse response = plan.raw_rows ? RawRowsAnswer(embedded.rows) : plan.answer(embedded);
  AddFields(embedded, *exchange, plan, &response);
  std::vector<float>().swap(embedded.rows.values);  // Only the answer is held from here on.
  exchange->Respond(std::move(response));
}

// A stop comes from the client that left, who reads no answer, or from the end of the time for
// requests under way when the server stops.
void AnswerWithout(const Status& status, const Plan& plan, Exchange* exchange) {
  const bool stopped = exchange->stop().stop_requested();
  if (status.code() == StatusCode::kCancelled && stopped) return exchange->FailStopped();
  ApiError error = ErrorFromStatus(exchange->family(), status);
  if (plan.retry_after) error.retry_after = plan.retry_after;
  exchange->Fail(error);
}

void AnswerSafely(Embeddings rows, const Plan& plan, Exchange* exchange) {
  const Status status = CatchExceptions([&] {
    AnswerWith(std::move(rows), plan, exchange);
    return Status();
  });
  if (!status.ok()) exchange->Fail(status);
}

// A large answer is written on another thread than the workers, which compute other requests' texts
// meanwhile.
void AnswerInLane(Embeddings rows, const std::shared_ptr<Plan>& plan,
                  const std::shared_ptr<Exchange>& exchange) {
  exchange->state().lanes.Post(plan->answer_bytes,
                               [rows = std::move(rows), plan, exchange]() mutable {
                                 if (exchange->answered()) return;
                                 AnswerSafely(std::move(rows), *plan, exchange.get());
                               });
}

// Whether the answer may be looked for and written on this thread, which connections wait for.
bool IsSmall(const EmbedRequest& request, const Plan& plan) {
  if (plan.answer_bytes > kMostBytesOfWorker) return false;
  size_t bytes = 0;
  for (const std::string& text : request.texts) bytes += text.size();
  return bytes <= kMostBytesOfWorker;
}

void Ended(Result<Embeddings> rows, const std::shared_ptr<Plan>& plan,
           const std::shared_ptr<Exchange>& exchange) {
  plan->place.reset();
  if (!rows.ok()) return AnswerWithout(rows.status(), *plan, exchange.get());
  NoteComputed(rows->times, *plan, &exchange->state());
  if (plan->answer_bytes <= kMostBytesOfWorker) {
    return AnswerSafely(*std::move(rows), *plan, exchange.get());
  }
  const Status status = CatchExceptions([&] {
    AnswerInLane(*std::move(rows), plan, exchange);
    return Status();
  });
  if (!status.ok()) exchange->Fail(status);
}

}  // namespace

void StartEmbedJob(std::shared_ptr<Exchange> exchange, EmbedRequest request, MakeAnswer answer) {
  if (exchange->FailIfLate()) return;
  if (!HoldAnswer(request, exchange.get())) return;

  const ServiceInfo& info = request.entry->service().info();
  const bool is_cut = AnswerDim(request) < info.dim;
  auto plan = std::make_shared<Plan>(Plan{.entry = request.entry,
                                          .dim = AnswerDim(request),
                                          .scale = info.normalized ? is_cut : request.scale_always,
                                          .raw_rows = AnswersRawRows(request, *exchange),
                                          .warning = std::move(request.warning),
                                          .answer = std::move(answer),
                                          .answer_bytes = AnswerBytes(request, *exchange),
                                          .place = {},
                                          .retry_after = {}});
  // The way to another thread and back takes 40 us on an idle machine, the look 1 us per text.
  if (IsSmall(request, *plan)) {
    if (auto rows = request.entry->service().FindInMemory(request.texts, request.options)) {
      return AnswerSafely(*std::move(rows), *plan, exchange.get());
    }
  }
  request.options.when_full = WhenFull::kRefuse;
  request.options.stop = exchange->stop();
  request.options.deadline = exchange->deadline();
  request.options.admit = [exchange, plan](std::span<const std::string_view> missing) {
    return EnterQueue(missing, exchange, plan.get());
  };
  request.options.progress = [plan](size_t done, size_t total) {
    if (plan->place) plan->place->NoteMissing(total - done);
  };
  request.entry->service().EmbedAsync(
      std::move(request.texts), std::move(request.options),
      [exchange = std::move(exchange), plan = std::move(plan)](Result<Embeddings> rows) {
        Ended(std::move(rows), plan, exchange);
      });
}

HttpResponse RawRowsAnswer(const Embeddings& rows) {
  HttpResponse answer{.fields = {{"Content-Type", "application/octet-stream"},
                                 {"x-vetor-shape", fmt::format("{},{}", rows.rows, rows.dim)}}};
  AppendRaw(rows.values, &answer.body);
  return answer;
}

}  // namespace vetor
