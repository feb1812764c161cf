#include "service/async_calls.h"

#include <functional>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>

#include "base/exceptions.h"
#include "os/log.h"
#include "service/user_function.h"

namespace vetor {
namespace {

using Answer = Result<Embeddings>;

// A call with at most this much is short: some hundred microseconds for the digests of its texts
// and, at 7 us per text, the look into a cache on disk.
constexpr size_t kShortTexts = 64;
constexpr size_t kShortBytes = 64 << 10;

Status ClosedError() {
  return CancelledError("the service was closed before the call's texts were computed");
}

// An exception of a callback has no caller to go to, so it is logged.
void CallBack(const EmbeddingsService::EmbedCallback& done, Answer answer) noexcept {
  const UserFunction running(UserFunction::Kind::kCallback);
  try {
    done(std::move(answer));
  } catch (...) {
    Log(LogLevel::kWarning, "the callback of EmbedAsync threw: {}",
        CurrentExceptionStatus().message());
  }
}

}  // namespace

// The steps of a call run one at a time, so the members need no mutex: until HandOver they are the
// look-up thread's, then the workers'. Wake may come from any thread.
class AsyncCalls::Call : public WorkerTask,
                         public LookUpTask,
                         public std::enable_shared_from_this<AsyncCalls::Call> {
 public:
  // Must not fail: an error would be reported to the callback, which is in the request.
  Call(AsyncCalls* owner, AsyncRequest&& request) noexcept
      : owner_(owner), request_(std::move(request)) {}

  void set_place(Live::iterator place) { place_ = place; }

  // Whether the look into the cache takes so little that others may wait for it.
  bool IsShort() const {
    if (request_.texts.size() > kShortTexts) return false;
    size_t bytes = 0;
    for (const std::string& text : request_.texts) bytes += text.size();
    return bytes <= kShortBytes;
  }

  void LookUp() noexcept override {
    try {
      Begin();
      if (std::optional<Answer> answer = FirstLook()) return Finish(*std::move(answer));
      owner_->HandOver(shared_from_this());
    } catch (...) {
      Finish(CurrentExceptionStatus());
    }
  }

  void Wake() noexcept {
    if (const std::shared_ptr<Call> self = weak_from_this().lock()) owner_->scheduler_->Wake(self);
  }

  void Step() noexcept override {
    if (wait_ == Wait::kNothing) return;  // The wake-up came after the end of the call.
    try {
      if (!flow_) Begin();
      if (!registered_) Register();
      if (std::optional<Answer> answer = Advance()) Finish(*std::move(answer));
    } catch (...) {
      Finish(CurrentExceptionStatus());
    }
  }

 private:
  // What the next step waits for.
  enum class Wait { kStart, kClaim, kRoom, kBatches, kOthers, kNothing };

  void Begin() {
    views_.assign(request_.texts.begin(), request_.texts.end());
    flow_.emplace(owner_->parts_, views_, request_.options);
  }

  // The end of a call that needs no worker; nothing if there is more to do.
  std::optional<Answer> FirstLook() {
    if (owner_->closing()) return ClosedError();
    Result<EmbedFlow::Next> next = flow_->LookUp();
    if (!next.ok()) return std::move(next).status();
    if (*next == EmbedFlow::Next::kDone) return flow_->Take();
    wait_ = Wait::kClaim;
    return std::nullopt;
  }

  // Runs in a worker's first step, so that no wake-up comes before the call is complete.
  void Register() {
    registered_ = true;
    if (request_.options.stop.stop_possible()) {
      stop_.emplace(request_.options.stop, [this] { Wake(); });
    }
    if (request_.options.deadline) {
      owner_->scheduler_->WakeAt(*request_.options.deadline, shared_from_this());
    }
  }

  // Goes as far as it can without waiting. Returns nothing if the call has to wait.
  std::optional<Answer> Advance() {
    while (true) {
      if (owner_->closing()) return ClosedError();
      std::optional<Result<EmbedFlow::Next>> next = TryNext();
      if (!next) {
        const Status status = flow_->limits().Check();
        return status.ok() ? std::nullopt : std::optional<Answer>(status);
      }
      if (!next->ok()) return std::move(*next).status();
      switch (**next) {
        case EmbedFlow::Next::kDone:
          return flow_->Take();
        case EmbedFlow::Next::kClaim:
          wait_ = Wait::kClaim;
          break;
        case EmbedFlow::Next::kCompute:
          wait_ = Wait::kRoom;
          break;
        case EmbedFlow::Next::kFollow:
          wait_ = Wait::kOthers;
          break;
      }
    }
  }

  // Takes the flow's next step; nothing if it still has to wait.
  std::optional<Result<EmbedFlow::Next>> TryNext() {
    Scheduler* const scheduler = owner_->scheduler_;
    if (wait_ == Wait::kStart) return flow_->LookUp();
    if (wait_ == Wait::kClaim) return flow_->Claim([this] { Wake(); });
    if (wait_ == Wait::kOthers) {
      std::optional<std::vector<TextJob*>> taken_over = flow_->claims().Poll();
      if (!taken_over) return std::nullopt;
      return flow_->Followed(*std::move(taken_over));
    }
    if (wait_ == Wait::kRoom) {
      const Result<bool> queued =
          scheduler->Submit(flow_->call(), flow_->limits(), shared_from_this());
      if (!queued.ok()) return flow_->Computed(queued.status());
      if (*queued) wait_ = Wait::kBatches;
      return std::nullopt;
    }
    const std::optional<Status> outcome = scheduler->Outcome(flow_->call().get());
    if (!outcome) return std::nullopt;
    return flow_->Computed(*outcome);
  }

  // Called once. Everything that belongs to the user is destroyed before the service learns that
  // the call is over.
  void Finish(Answer answer) noexcept {
    wait_ = Wait::kNothing;
    owner_->scheduler_->ForgetTime(this);
    stop_.reset();
    if (flow_ && flow_->call() != nullptr) owner_->scheduler_->Withdraw(flow_->call().get());
    flow_.reset();
    if (!answer.ok()) ++owner_->parts_.recorder->failed_calls;
    CallBack(request_.done, std::move(answer));
    request_ = {};
    owner_->Remove(place_);
  }

  AsyncCalls* const owner_;
  AsyncRequest request_;
  std::vector<std::string_view> views_;  ///< Views of request_.texts.
  Live::iterator place_;
  std::optional<EmbedFlow> flow_;
  std::optional<std::stop_callback<std::function<void()>>> stop_;
  Wait wait_ = Wait::kStart;
  bool registered_ = false;  ///< For wake-ups by stop and deadline.

  friend class AsyncCalls;
  bool with_workers_ = false;  ///< Guarded by the owner's mutex: the workers may run it.
};

void AsyncCalls::Start(AsyncRequest request) {
  ++parts_.recorder->calls;
  if (!request.done) return RefuseWithoutCallback();
  // The call is made here, so that nothing can fail once a worker knows it. Its place in the list
  // is made first, because the call takes the request with it.
  Live one;
  try {
    one.emplace_back();
    one.front() = std::make_shared<Call>(this, std::move(request));
  } catch (...) {
    ++parts_.recorder->failed_calls;
    return CallBack(request.done, CurrentExceptionStatus());
  }
  const std::shared_ptr<Call> call = one.front();
  call->set_place(one.begin());
  {
    const MutexLock lock(&mutex_);
    live_.splice(live_.end(), one);
  }
  LookUpThread& look_ups = call->IsShort() ? short_look_ups_ : long_look_ups_;
  if (!look_ups.Post(call)) HandOver(call);
}

// The mutex is held while the scheduler is told, so that Close, and with it the scheduler's end,
// comes before or after it.
void AsyncCalls::HandOver(const std::shared_ptr<Call>& call) {
  const MutexLock lock(&mutex_);
  call->with_workers_ = true;
  scheduler_->Wake(call);
}

// There is nobody to tell it to, and one line is enough for a program that does so always.
void AsyncCalls::RefuseWithoutCallback() {
  ++parts_.recorder->failed_calls;
  if (told_of_no_callback_.exchange(true)) return;
  Log(LogLevel::kError,
      "EmbedAsync was called without a callback, so nothing is computed: INVALID_ARGUMENT; give it "
      "a function that takes the answer");
}

bool AsyncCalls::closing() const {
  const MutexLock lock(&mutex_);
  return closing_;
}

void AsyncCalls::Remove(Live::iterator place) {
  const MutexLock lock(&mutex_);
  live_.erase(place);
  if (live_.empty()) none_.NotifyAll();
}

void AsyncCalls::Close() {
  const MutexLock lock(&mutex_);
  closing_ = true;
  // The others are seen to be closed by the threads for look-ups.
  for (const std::shared_ptr<Call>& call : live_) {
    if (call->with_workers_) scheduler_->Wake(call);
  }
  while (!live_.empty()) none_.Wait(&mutex_);
}

}  // namespace vetor
