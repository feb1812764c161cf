#include "exporter/reference/block_loop.h"

#include <atomic>
#include <system_error>
#include <thread>
#include <vector>

namespace vetor {

void RunBlocks(size_t blocks, int threads, const std::function<void(size_t block)>& work) {
  std::atomic<size_t> next{0};
  const auto run = [&] {
    for (size_t block = next++; block < blocks; block = next++) work(block);
  };
  std::vector<std::thread> others;
  for (size_t i = 1; i < blocks && static_cast<int>(i) < threads; ++i) {
    try {
      others.emplace_back(run);
    } catch (const std::system_error&) {
      break;
    }
  }
  run();
  for (std::thread& thread : others) thread.join();
}

}  // namespace vetor
