#include "kernels/task_loop.h"

#include <algorithm>
#include <atomic>

#include "os/worker_threads.h"

namespace vetor {

size_t WorkerCount(size_t tasks, int threads) {
  return std::max<size_t>(1, std::min(tasks, static_cast<size_t>(std::max(threads, 1))));
}

void RunTasks(size_t tasks, size_t workers,
              const std::function<void(size_t worker, size_t task)>& work) {
  std::atomic<size_t> next{0};
  const auto run = [&](size_t worker) {
    for (size_t task = next++; task < tasks; task = next++) work(worker, task);
  };
  WorkerThreads threads;
  for (size_t worker = 1; worker < workers; ++worker) {
    if (!threads.Start([&run, worker] { run(worker); })) break;
  }
  run(0);
  threads.Join();
}

void RunBlocks(size_t blocks, int threads, const std::function<void(size_t block)>& work) {
  RunTasks(blocks, WorkerCount(blocks, threads), [&work](size_t, size_t block) { work(block); });
}

}  // namespace vetor
