// How far a bulk job is, gathered from its threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

#include "base/thread_annotations.h"
#include "bulk/work_block.h"
#include "vetor/embed_files.h"

namespace vetor {

/// Thread-safe. Calls the job's function with its lock held, so from one thread at a time.
class BulkProgress {
 public:
  /// `bytes` are those of the inputs that are not finished.
  BulkProgress(std::function<void(const EmbedFilesProgress&)> report, EmbedFilesProgress start,
               uint64_t bytes)
      : report_(std::move(report)), state_(start), bytes_(bytes) {}

  /// So many texts of the block are embedded.
  void Embedding(const WorkBlock& block, size_t done) VETOR_EXCLUDES(mutex_);
  /// The block is embedded.
  void Embedded(const WorkBlock& block) VETOR_EXCLUDES(mutex_);
  /// Bytes of inputs were passed over, because an earlier job embedded them.
  void PassedOver(uint64_t bytes) VETOR_EXCLUDES(mutex_);
  void InputDone() VETOR_EXCLUDES(mutex_);

  uint64_t texts() const VETOR_EXCLUDES(mutex_);

 private:
  struct Part {
    uint64_t texts = 0;
    double bytes = 0;
  };
  void Report() VETOR_REQUIRES(mutex_);

  const std::function<void(const EmbedFilesProgress&)> report_;
  mutable Mutex mutex_;
  EmbedFilesProgress state_ VETOR_GUARDED_BY(mutex_);
  uint64_t bytes_ VETOR_GUARDED_BY(mutex_);
  uint64_t texts_ VETOR_GUARDED_BY(mutex_) = 0;  ///< Of blocks that are embedded.
  double done_bytes_ VETOR_GUARDED_BY(mutex_) = 0;
  std::map<uint64_t, Part> under_way_ VETOR_GUARDED_BY(mutex_);  ///< By the block's sequence.
};

}  // namespace vetor
