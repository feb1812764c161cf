#include "exporter/reference/block_loop.h"

#include <atomic>

#include "base/worker_threads.h"

namespace vetor {

void RunBlocks(size_t blocks, int threads, const std::function<void(size_t block)>& work) {
  std::atomic<size_t> next{0};
  const auto run = [&] {
    for (size_t block = next++; block < blocks; block = next++) work(block);
  };
  WorkerThreads others;
  for (size_t i = 1; i < blocks && static_cast<int>(i) < threads; ++i) {
    if (!others.Start(run)) break;
  }
  run();
  others.Join();
}

}  // namespace vetor
