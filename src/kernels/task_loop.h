// Independent tasks over a few threads.
#pragma once

#include <cstddef>
#include <functional>

namespace vetor {

/// The number of workers for RunTasks: at least 1, at most one per task.
size_t WorkerCount(size_t tasks, int threads);

/// Calls work(worker, task) once for every task in [0, tasks), each from one of `workers` threads;
/// worker w in [0, workers) is one thread, the caller's is worker 0. Tasks start in ascending
/// order. Returns when all are done. If the system refuses a thread, the others do its work. An
/// exception of `work` (such as std::bad_alloc) is thrown here when all threads have ended.
void RunTasks(size_t tasks, size_t workers,
              const std::function<void(size_t worker, size_t task)>& work);

/// The same for work that does not ask which worker it runs on, on at most `threads` threads.
void RunBlocks(size_t blocks, int threads, const std::function<void(size_t block)>& work);

}  // namespace vetor
