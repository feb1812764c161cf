#include "bulk/bulk_pipeline.h"

#include <utility>

#include "base/exceptions.h"
#include "base/status_macros.h"
#include "os/worker_threads.h"

namespace vetor {
namespace {

class BulkPipeline {
 public:
  explicit BulkPipeline(const BulkStages& stages) : stages_(stages) {}

  Status Run(const std::stop_token& stop) {
    // Wakes all that wait; the embedding calls under way see their own token.
    const std::stop_callback on_stop(stop, [this] { Stop(); });
    WorkerThreads threads;
    bool started = threads.Start([this] { Read(); });
    for (size_t i = 0; i < kEmbeddingThreads; ++i) {
      started = threads.Start([this] { Embed(); }) && started;
    }
    Status written = started ? Write() : NoThreads();
    Stop();
    threads.Join();
    if (stop.stop_requested() && (written.ok() || written.code() == StatusCode::kCancelled)) {
      return CancelledError("interrupted");
    }
    return written;
  }

 private:
  static Status NoThreads() {
    return ResourceExhaustedError(
        "the system gives no thread to read and embed with; raise the limit on processes and "
        "threads (ulimit -u, pids.max of the container), or end other processes");
  }

  void Stop() VETOR_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    stopped_ = true;
    calls_.request_stop();
    changed_.NotifyAll();
  }

  void Read() {
    const Status status = CatchExceptions([this] {
      stages_.read([this](std::unique_ptr<WorkBlock> block) { return Take(std::move(block)); });
      return Status();
    });
    const MutexLock lock(&mutex_);
    read_all_ = true;
    read_status_ = status;
    changed_.NotifyAll();
  }

  // From the reader; waits for room. False if no more is wanted.
  bool Take(std::unique_ptr<WorkBlock> block) VETOR_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    while (!stopped_ && blocks_ >= kBlocksAtOnce) changed_.Wait(&mutex_);
    if (stopped_) return false;
    ++blocks_;
    ++taken_;
    read_.push_back(std::move(block));
    changed_.NotifyAll();
    return true;
  }

  void Embed() {
    while (std::unique_ptr<WorkBlock> block = NextToEmbed()) {
      if (block->status.ok()) {
        block->status =
            CatchExceptions([&] { return stages_.embed(block.get(), calls_.get_token()); });
      }
      const MutexLock lock(&mutex_);
      const uint64_t sequence = block->sequence;
      embedded_.emplace(sequence, std::move(block));
      changed_.NotifyAll();
    }
  }

  std::unique_ptr<WorkBlock> NextToEmbed() VETOR_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    while (!stopped_ && read_.empty() && !read_all_) changed_.Wait(&mutex_);
    if (stopped_ || read_.empty()) return nullptr;
    std::unique_ptr<WorkBlock> block = std::move(read_.front());
    read_.pop_front();
    return block;
  }

  Status Write() {
    for (uint64_t sequence = 0;; ++sequence) {
      VETOR_ASSIGN_OR_RETURN(const std::unique_ptr<WorkBlock> block, NextToWrite(sequence));
      if (!block) return Status();
      VETOR_RETURN_IF_ERROR(block->status);
      VETOR_RETURN_IF_ERROR(CatchExceptions([&] { return stages_.write(*block); }));
      const MutexLock lock(&mutex_);
      --blocks_;
      changed_.NotifyAll();
    }
  }

  // Null behind the last block.
  Result<std::unique_ptr<WorkBlock>> NextToWrite(uint64_t sequence) VETOR_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    while (!stopped_ && embedded_.find(sequence) == embedded_.end() &&
           !(read_all_ && taken_ == sequence)) {
      changed_.Wait(&mutex_);
    }
    if (stopped_) return CancelledError("interrupted");
    const auto found = embedded_.find(sequence);
    if (found == embedded_.end()) {
      VETOR_RETURN_IF_ERROR(read_status_);
      return std::unique_ptr<WorkBlock>();
    }
    std::unique_ptr<WorkBlock> block = std::move(found->second);
    embedded_.erase(found);
    return block;
  }

  const BulkStages& stages_;
  std::stop_source calls_;  ///< Ends calls of the service.
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::unique_ptr<WorkBlock>> read_ VETOR_GUARDED_BY(mutex_);
  std::map<uint64_t, std::unique_ptr<WorkBlock>> embedded_ VETOR_GUARDED_BY(mutex_);
  size_t blocks_ VETOR_GUARDED_BY(mutex_) = 0;   ///< That exist.
  uint64_t taken_ VETOR_GUARDED_BY(mutex_) = 0;  ///< From the reader.
  bool read_all_ VETOR_GUARDED_BY(mutex_) = false;
  Status read_status_ VETOR_GUARDED_BY(mutex_);
  bool stopped_ VETOR_GUARDED_BY(mutex_) = false;
};

}  // namespace

Status RunBulkPipeline(const BulkStages& stages, const std::stop_token& stop) {
  return BulkPipeline(stages).Run(stop);
}

}  // namespace vetor
