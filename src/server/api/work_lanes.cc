#include "server/api/work_lanes.h"

#include <algorithm>
#include <utility>

#include "os/cpu.h"

namespace vetor {
namespace {

constexpr size_t kMostThreads = 4;

}  // namespace

size_t WorkLanes::ThreadsPerLane() {
  return std::clamp<size_t>(static_cast<size_t>(ReadCpuBudget().workers) / 2, 1, kMostThreads);
}

WorkLanes::WorkLanes() {
  const size_t threads = ThreadsPerLane();
  for (Lane& lane : lanes_) lane.Start(threads);
}

void WorkLanes::Post(uint64_t cost, std::function<void()> task) {
  const size_t lane = cost <= kSmallCost ? 0 : cost <= kMediumCost ? 1 : 2;
  lanes_[lane].Post(std::move(task));
}

void WorkLanes::Close() {
  for (Lane& lane : lanes_) lane.Stop();
  for (Lane& lane : lanes_) lane.Join();
}

void WorkLanes::Lane::Start(size_t threads) {
  {
    const MutexLock lock(&mutex_);
    open_ = true;
  }
  for (size_t i = 0; i < threads; ++i) threads_.Start([this] { Loop(); });
  if (threads_.size() == 0) Stop();
}

void WorkLanes::Lane::Post(std::function<void()> task) {
  {
    const MutexLock lock(&mutex_);
    if (open_) {
      tasks_.push_back(std::move(task));
      changed_.NotifyOne();
      return;
    }
  }
  task();
}

void WorkLanes::Lane::Stop() {
  const MutexLock lock(&mutex_);
  open_ = false;
  changed_.NotifyAll();
}

void WorkLanes::Lane::Loop() {
  const MutexLock lock(&mutex_);
  while (true) {
    while (tasks_.empty() && open_) changed_.Wait(&mutex_);
    if (tasks_.empty()) return;
    RunNext();
  }
}

// The mutex is free while the task runs, and while what it owns is destroyed.
void WorkLanes::Lane::RunNext() {
  std::function<void()> task = std::move(tasks_.front());
  tasks_.pop_front();
  mutex_.Unlock();
  task();
  task = nullptr;
  mutex_.Lock();
}

}  // namespace vetor
