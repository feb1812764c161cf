#include "kernels/core_team.h"

#include <algorithm>

#include "kernels/flush_denormals.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace vetor {
namespace {

// The fields of parts_: the number of the step, its parts, and the parts that were taken.
constexpr int kPartsShift = 16;
constexpr int kStepShift = 32;
constexpr uint64_t kLow16 = 0xffff;

// There are more parts than members, so that a member that comes late or is held up takes fewer of
// them.
constexpr size_t kPartsPerMember = 2;

// The number of looks after which a waiting thread lets others run (some ten microseconds), and
// after which a member goes to sleep at the end of a session (some hundred microseconds, because
// the next text often follows at once).
constexpr int kLooksBeforeYield = 1000;
constexpr int kLooksBeforeSleep = 10000;

void Relax() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

CoreTeam::Session::Session(CoreTeam* team)
    : team_(team != nullptr && team->members() > 1 && team->Enter() ? team : nullptr) {}

CoreTeam::Session::~Session() {
  if (team_ != nullptr) team_->Leave();
}

CoreTeam::~CoreTeam() {
  {
    const MutexLock lock(&mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
}

bool CoreTeam::Enter() {
  if (taken_.exchange(true, std::memory_order_acquire)) return false;
  {
    const MutexLock lock(&mutex_);
    if (!started_) StartMembers();
    session_.fetch_add(1, std::memory_order_release);
  }
  wake_.NotifyAll();
  return true;
}

void CoreTeam::Leave() {
  session_.fetch_add(1, std::memory_order_release);
  taken_.store(false, std::memory_order_release);
}

void CoreTeam::StartMembers() {
  started_ = true;
  for (size_t member = 1; member < members_; ++member) {
    if (!threads_.Start([this, member] { MemberLoop(member); })) break;
  }
}

void CoreTeam::MemberLoop(size_t member) {
  const ScopedFlushDenormals flush;  // The caller of a step does the same.
  while (true) {
    {
      const MutexLock lock(&mutex_);
      while (session_.load(std::memory_order_acquire) % 2 == 0 && !stopping_) wake_.Wait(&mutex_);
      if (stopping_) return;
    }
    for (int looks = 0; looks < kLooksBeforeSleep;) {
      if (DoPart(member)) {
        looks = 0;
        continue;
      }
      Relax();
      const bool open = session_.load(std::memory_order_acquire) % 2 != 0;
      looks = open && looks >= kLooksBeforeYield ? 0 : looks + 1;
      if (open && looks == 0) std::this_thread::yield();
    }
  }
}

bool CoreTeam::DoPart(size_t member) {
  uint64_t seen = parts_.load(std::memory_order_acquire);
  while (true) {
    const uint64_t parts = seen >> kPartsShift & kLow16;
    const uint64_t part = seen & kLow16;
    if (part >= parts) return false;
    const size_t count = count_.load(std::memory_order_relaxed);
    const Step step = step_.load(std::memory_order_relaxed);
    void* const context = context_.load(std::memory_order_relaxed);
    if (!parts_.compare_exchange_weak(seen, seen + 1, std::memory_order_acq_rel)) continue;
    step(context, member, count * part / parts, count * (part + 1) / parts);
    done_.fetch_add(1, std::memory_order_release);
    return true;
  }
}

void CoreTeam::RunStep(size_t count, Step step, void* context) {
  // All parts of the previous step are done, and no member can take a part of this one until parts_
  // is set.
  const size_t parts = std::min(count, kPartsPerMember * members_);
  count_.store(count, std::memory_order_relaxed);
  step_.store(step, std::memory_order_relaxed);
  context_.store(context, std::memory_order_relaxed);
  done_.store(0, std::memory_order_relaxed);
  const uint64_t number = (parts_.load(std::memory_order_relaxed) >> kStepShift) + 1;
  parts_.store(number << kStepShift | static_cast<uint64_t>(parts) << kPartsShift,
               std::memory_order_release);
  while (DoPart(0)) {
  }
  for (int looks = 1; done_.load(std::memory_order_acquire) < parts; ++looks) {
    Relax();
    if (looks % kLooksBeforeYield == 0) std::this_thread::yield();
  }
}

}  // namespace vetor
