// The threads of a bulk job: one reads, two give blocks to the service, and the caller's writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>

#include "base/thread_annotations.h"
#include "bulk/work_block.h"
#include "vetor/status.h"

namespace vetor {

/// Blocks that exist at once: two that the service embeds, so that it tokenizes one while the other
/// computes, one that is read, one that is written, and one more so that neither waits.
inline constexpr size_t kBlocksAtOnce = 5;
inline constexpr size_t kEmbeddingThreads = 2;

/// What the stages do. Each is called by threads of its own.
struct BulkStages {
  /// Hands out blocks in the order of their sequence, from 0 on, until `take` returns false.
  std::function<void(const std::function<bool(std::unique_ptr<WorkBlock>)>& take)> read;
  /// Fills in vectors; called by several threads for different blocks.
  std::function<Status(WorkBlock* block, std::stop_token stop)> embed;
  /// Called in the order of the sequence.
  std::function<Status(const WorkBlock& block)> write;
};

/// Runs the stages until all blocks are written, or until the first block, in their order, that
/// cannot be read, embedded or written; its error is returned, and everything before it is written.
/// CANCELLED if `stop` is requested. RESOURCE_EXHAUSTED if the system gives no thread.
Status RunBulkPipeline(const BulkStages& stages, const std::stop_token& stop);

}  // namespace vetor
