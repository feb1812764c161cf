// Independent blocks of work over a few threads.
#pragma once

#include <cstddef>
#include <functional>

namespace vetor {

/// Calls work(block) once for every block in [0, blocks), on at most `threads` threads of which the
/// caller's is one. Returns when all are done. Where the system refuses a thread, the others do its
/// work. What `work` throws comes out here, when all threads have ended.
void RunBlocks(size_t blocks, int threads, const std::function<void(size_t block)>& work);

}  // namespace vetor
