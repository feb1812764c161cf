#include "batching/scheduler.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/exceptions.h"
#include "base/status_macros.h"
#include "os/log.h"

namespace vetor {
namespace {

// For which scheduler this thread works now.
thread_local constinit const Scheduler* works_for = nullptr;

class WorkingFor {
 public:
  explicit WorkingFor(const Scheduler* scheduler) : before_(works_for) { works_for = scheduler; }
  ~WorkingFor() { works_for = before_; }
  WorkingFor(const WorkingFor&) = delete;
  WorkingFor& operator=(const WorkingFor&) = delete;

 private:
  const Scheduler* const before_;
};

// For larger calls the caller's own thread adds nothing: the workers already use every core.
constexpr size_t kHelpedTexts = 16;

// A caller that computes cannot leave before the batch is done, so only a call without limits may
// help.
bool MayHelp(const ScheduledCall& call, const CallLimits& limits) {
  return call.texts.size() <= kHelpedTexts && !limits.deadline && !limits.stop.stop_possible();
}

// Writes the batch's ids, one row after the other, into buffers that keep their capacity.
void BuildBatch(std::span<const ScheduledRow> rows, TokenBatch* batch) {
  batch->token_ids.clear();
  batch->token_type_ids.clear();
  batch->prompt_tokens.clear();
  batch->texts.clear();
  batch->row_begin.assign(1, 0);
  bool has_types = false;
  bool has_prompts = false;
  for (const ScheduledRow& row : rows) {
    const ScheduledText& text = row.call->texts[row.index];
    has_types = has_types || !text.token_type_ids.empty();
    has_prompts = has_prompts || text.prompt_tokens > 0;
    batch->token_ids.insert(batch->token_ids.end(), text.token_ids.begin(), text.token_ids.end());
    batch->row_begin.push_back(static_cast<uint32_t>(batch->token_ids.size()));
    batch->texts.push_back(text.text);
  }
  for (const ScheduledRow& row : rows) {
    const ScheduledText& text = row.call->texts[row.index];
    if (has_prompts) batch->prompt_tokens.push_back(text.prompt_tokens);
    if (!has_types) continue;
    auto& types = batch->token_type_ids;
    types.insert(types.end(), text.token_type_ids.begin(), text.token_type_ids.end());
    types.resize(types.size() + text.token_ids.size() - text.token_type_ids.size(), 0);
  }
}

}  // namespace

void ScheduledCall::Fail(const Status& status) noexcept {
  const MutexLock lock(&failure_mutex_);
  if (failure_.ok()) {
    try {
      failure_ = status;
    } catch (...) {
      failure_ = CurrentExceptionStatus();
    }
  }
  failed_ = true;
}

Status CallLimits::Check() const {
  if (stop.stop_requested()) return CancelledError("the caller cancelled the call");
  if (deadline && std::chrono::steady_clock::now() >= *deadline) {
    return DeadlineExceededError("the call's deadline passed before its texts were computed");
  }
  return Status();
}

Scheduler::Scheduler(const SchedulerOptions& options, RunBatch run)
    : run_(std::move(run)), options_(options) {
  const MutexLock lock(
      &mutex_);  // The first worker waits here until the number of workers is known.
  const size_t wanted = std::max<size_t>(options_.limits.workers, 1);
  while (places_ < wanted && workers_.Start([this] { WorkerLoop(); })) ++places_;
  options_.limits.workers = places_;
  if (places_ > 0 && places_ < wanted) {
    Log(LogLevel::kWarning,
        "the system gave {} of {} worker threads; they do the work, more slowly", places_, wanted);
  }
}

Scheduler::~Scheduler() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
  }
  work_.NotifyAll();
}

bool Scheduler::RunsHere() const { return works_for == this; }

Status Scheduler::Started() {
  const MutexLock lock(&mutex_);
  if (places_ > 0) return Status();
  return ResourceExhaustedError(
      "the system gives no thread to compute with; raise the limit on processes and threads "
      "(ulimit -u, pids.max of the container), or end other processes");
}

namespace {

size_t CountTokens(const ScheduledCall& call) {
  size_t tokens = 0;
  for (const ScheduledText& text : call.texts) tokens += std::max<size_t>(1, text.token_ids.size());
  return tokens;
}

}  // namespace

Status Scheduler::Run(const std::shared_ptr<ScheduledCall>& call, const CallLimits& limits) {
  if (call->texts.empty()) return Status();
  const size_t tokens = CountTokens(*call);
  // Wakes the waits below, because a stop request has no condition variable of its own.
  const std::stop_callback wake(limits.stop, [this, &call] {
    const MutexLock lock(&mutex_);
    call->done_.NotifyAll();
    room_.NotifyAll();
  });

  VETOR_RETURN_IF_ERROR(Started());
  const MutexLock lock(&mutex_);
  VETOR_RETURN_IF_ERROR(WaitForRoom(call.get(), tokens, limits));
  Status status;
  try {
    Enqueue(call);
    if (MayHelp(*call, limits)) {
      Help(*call);
    } else if (call->texts.size() == 1) {
      work_.NotifyOne();
    } else {
      work_.NotifyAll();
    }
    status = WaitUntilDone(call.get(), limits);
  } catch (...) {
    status = CurrentExceptionStatus();
  }
  Remove(call.get());
  return status;
}

void Scheduler::Enqueue(const std::shared_ptr<ScheduledCall>& call) {
  std::vector<uint32_t> lengths;
  lengths.reserve(call->texts.size());
  for (const ScheduledText& text : call->texts) {
    lengths.push_back(static_cast<uint32_t>(text.token_ids.size()));
  }
  call->id_ = next_call_++;
  call->remaining_ = call->texts.size();
  calls_[call->id_] = call;
  queue_.Add(call->id_, lengths);
}

void Scheduler::Remove(ScheduledCall* call) noexcept {
  queue_.Remove(call->id_);
  calls_.erase(call->id_);
  RoomCame();
}

Result<bool> Scheduler::Submit(const std::shared_ptr<ScheduledCall>& call, const CallLimits& limits,
                               const std::shared_ptr<WorkerTask>& task) {
  const size_t tokens = CountTokens(*call);
  const MutexLock lock(&mutex_);
  VETOR_RETURN_IF_ERROR(limits.Check());
  if (!HasRoomFor(tokens)) {
    if (limits.when_full == WhenFull::kRefuse) {
      call->refused_ = true;
      return FullError(tokens);
    }
    LeaveRoomQueue(call.get());
    room_waiters_.push_back({call.get(), tokens, task});
    return false;
  }
  call->task_ = task;
  if (call->texts.empty()) {
    WakeLocked(task);
    return true;
  }
  Enqueue(call);
  if (call->texts.size() == 1) {
    work_.NotifyOne();
  } else {
    work_.NotifyAll();
  }
  return true;
}

std::optional<Status> Scheduler::Outcome(ScheduledCall* call) {
  {
    const MutexLock lock(&mutex_);
    if (call->remaining_ > 0 && !call->failed_) return std::nullopt;
  }
  Withdraw(call);
  const MutexLock lock(&call->failure_mutex_);
  return call->failure_;
}

void Scheduler::Withdraw(ScheduledCall* call) noexcept {
  const MutexLock lock(&mutex_);
  LeaveRoomQueue(call);
  call->task_.reset();
  if (call->id_ == 0) return RoomCame();
  Remove(call);
}

void Scheduler::LeaveRoomQueue(const ScheduledCall* call) noexcept {
  room_waiters_.remove_if([call](const RoomWaiter& waiter) { return waiter.call == call; });
}

bool Scheduler::HasRoomFor(size_t tokens) const {
  // A call that is larger than the whole queue runs when the queue is empty, so that it does not
  // wait for ever.
  return queue_.empty() || queue_.queued_tokens() + tokens <= options_.max_queued_tokens;
}

Status Scheduler::FullError(size_t tokens) const {
  return ResourceExhaustedError("the queue is full: " + std::to_string(queue_.queued_tokens()) +
                                " tokens wait, this call has " + std::to_string(tokens) +
                                ", and at most " + std::to_string(options_.max_queued_tokens) +
                                " may wait; try again later");
}

// Tells the calls that wait for room. Tasks are woken in their order, as many as may fit; a task
// that finds the room taken waits again.
void Scheduler::RoomCame() noexcept {
  room_.NotifyAll();
  size_t promised = 0;
  while (!room_waiters_.empty() && HasRoomFor(promised + room_waiters_.front().tokens)) {
    promised += room_waiters_.front().tokens;
    WakeLocked(room_waiters_.front().task);
    room_waiters_.pop_front();
  }
}

void Scheduler::Notify(ScheduledCall* call) noexcept {
  call->done_.NotifyAll();
  if (call->task_ != nullptr) WakeLocked(call->task_);
}

void Scheduler::WakeLocked(const std::shared_ptr<WorkerTask>& task) noexcept {
  if (tasks_.Wake(task)) work_.NotifyOne();
}

void Scheduler::Wake(const std::shared_ptr<WorkerTask>& task) noexcept {
  const MutexLock lock(&mutex_);
  WakeLocked(task);
}

void Scheduler::WakeAt(std::chrono::steady_clock::time_point time,
                       const std::shared_ptr<WorkerTask>& task) {
  const MutexLock lock(&mutex_);
  tasks_.WakeAt(time, task);
  work_.NotifyOne();  // A sleeping worker learns the new time.
}

void Scheduler::ForgetTime(WorkerTask* task) noexcept {
  const MutexLock lock(&mutex_);
  tasks_.ForgetTime(task);
}

Status Scheduler::WaitForRoom(ScheduledCall* call, size_t tokens, const CallLimits& limits) {
  while (!HasRoomFor(tokens)) {
    VETOR_RETURN_IF_ERROR(limits.Check());
    if (limits.when_full == WhenFull::kRefuse) {
      call->refused_ = true;
      return FullError(tokens);
    }
    if (limits.deadline) {
      room_.WaitUntil(&mutex_, *limits.deadline);
    } else {
      room_.Wait(&mutex_);
    }
  }
  return limits.Check();
}

Status Scheduler::WaitUntilDone(ScheduledCall* call, const CallLimits& limits) {
  while (call->remaining_ > 0 && !call->failed_) {
    VETOR_RETURN_IF_ERROR(limits.Check());
    if (limits.deadline) {
      call->done_.WaitUntil(&mutex_, *limits.deadline);
    } else {
      call->done_.Wait(&mutex_);
    }
  }
  const MutexLock lock(&call->failure_mutex_);
  return call->failure_;
}

// Steps and batches take turns in time, not in number. A batch of one text takes as long as a
// hundred steps: by turns of one each, every call for which no thread waits would run alone (1,000
// texts of MiniLM in 1,000 such calls: 5.9 s instead of 1.8).
void Scheduler::WorkerLoop() {
  const WorkingFor working(this);
  using Clock = std::chrono::steady_clock;
  TokenBatch batch;
  std::optional<Clock::time_point> turn_end;  // When the steps' turn after the last batch ends.
  const MutexLock lock(&mutex_);
  Clock::duration turn = options_.least_task_turn;
  while (true) {
    tasks_.WakeDue();
    const bool has_batch = !queue_.empty() && running_ < places_ && !stopping_;
    if (!tasks_.empty() && (!has_batch || !turn_end || Clock::now() < *turn_end)) {
      if (!turn_end) turn_end = Clock::now() + turn;
      RunTask();
    } else if (has_batch) {
      const Clock::time_point begin = Clock::now();
      RunNext(&batch);
      turn = std::max<Clock::duration>(Clock::now() - begin, options_.least_task_turn);
      turn_end.reset();
    } else if (stopping_) {
      return;
    } else {
      WaitForWork();
      turn_end.reset();
    }
  }
}

void Scheduler::WaitForWork() {
  if (const auto time = tasks_.next_time()) {
    work_.WaitUntil(&mutex_, *time);
  } else {
    work_.Wait(&mutex_);
  }
}

void Scheduler::RunTask() {
  const std::shared_ptr<WorkerTask> task = tasks_.Take();
  if (!tasks_.empty()) work_.NotifyOne();
  mutex_.Unlock();
  task->Step();
  mutex_.Lock();
  tasks_.Stepped(task);
}

// The caller takes the place of a worker until its call is done. If more places are free, RunNext
// wakes workers for the rest of the queue; if none is free, the workers take the batches when they
// finish others.
void Scheduler::Help(const ScheduledCall& call) {
  const WorkingFor working(this);
  thread_local TokenBatch batch;
  while (call.remaining_ > 0 && !call.failed_ && !queue_.empty() && running_ < places_) {
    RunNext(&batch);
  }
}

void Scheduler::RunNext(TokenBatch* batch) {
  Taken taken;
  try {
    taken = TakeBatch();
  } catch (...) {
    return FailWaiting(CurrentExceptionStatus());
  }
  ++running_;
  taken.alone = running_ == 1 && queue_.empty();
  RoomCame();
  if (!queue_.empty()) work_.NotifyAll();
  mutex_.Unlock();
  Compute(taken, batch);
  mutex_.Lock();
  FinishBatch(taken);
}

void Scheduler::Compute(const Taken& taken, TokenBatch* batch) const noexcept {
  try {
    BuildBatch(taken.rows, batch);
    batch->alone = taken.alone;
    run_(*batch, taken.rows);
  } catch (...) {
    const Status status = CurrentExceptionStatus();
    for (const ScheduledRow& row : taken.rows) row.call->Fail(status);
  }
}

// There was no memory to make a batch. Rows may have left the queue already, and it is not known
// whose, so every call that waits fails.
void Scheduler::FailWaiting(const Status& status) noexcept {
  for (const auto& [id, call] : calls_) {
    queue_.Remove(id);
    call->Fail(status);
    Notify(call.get());
  }
  RoomCame();
}

Scheduler::Taken Scheduler::TakeBatch() {
  Taken taken;
  FairQueue::CallId owner = 0;
  for (const FairQueue::Row& row : queue_.TakeBatch(options_.limits)) {
    if (taken.owners.empty() || row.call != owner) taken.owners.push_back(calls_.at(row.call));
    owner = row.call;
    taken.rows.push_back({taken.owners.back().get(), row.index});
  }
  return taken;
}

void Scheduler::FinishBatch(const Taken& taken) {
  --running_;
  for (const ScheduledRow& row : taken.rows) {
    --row.call->remaining_;
    if (row.call->remaining_ == 0 || row.call->failed_) Notify(row.call);
  }
  // A helping caller leaves now, and its place is free for a worker again.
  if (!queue_.empty()) work_.NotifyOne();
}

}  // namespace vetor
