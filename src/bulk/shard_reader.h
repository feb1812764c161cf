// Reads the inputs of a bulk job, one after the other, as blocks for the service.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "bulk/bulk_progress.h"
#include "bulk/job_folder.h"
#include "bulk/shard.h"
#include "bulk/work_block.h"
#include "vetor/embed_files.h"
#include "vetor/status.h"

namespace vetor {

/// Rows that are embedded in one call: enough for batches of equal length, and few enough that
/// memory stays flat.
inline constexpr size_t kBlockRows = 4096;

/// A shard and what is left of it to do.
struct ShardWork {
  Shard shard;
  FinishedParts finished;  ///< Outputs that stay; not all of the shard's.
};

/// For one thread.
class ShardReader {
 public:
  /// Borrows all.
  ShardReader(const std::vector<ShardWork>& work, const EmbedFilesOptions& options,
              BulkProgress* progress)
      : work_(work), options_(options), progress_(*progress) {}

  /// Hands out all blocks, in order, until `take` returns false. If an input cannot be read, the
  /// last block says why.
  void ReadAll(const std::function<bool(std::unique_ptr<WorkBlock>)>& take);

 private:
  using Take = std::function<bool(std::unique_ptr<WorkBlock>)>;

  Status ReadShard(size_t shard, const Take& take);
  /// The parts of the input that is open, from `part_` on.
  Status ReadParts(const ShardWork& work, const Take& take);
  Status ReadPart(const Take& take);
  Status ReadBlock(WorkBlock* block);
  Status CheckUnchanged() const;

  const std::vector<ShardWork>& work_;
  const EmbedFilesOptions& options_;
  BulkProgress& progress_;

  std::unique_ptr<RowSource> source_;
  FileStamp stamp_;
  size_t shard_ = 0;
  uint64_t part_ = 1;
  uint64_t first_row_ = 0;  ///< Of the part, in the input.
  uint64_t bytes_before_ = 0;
  uint64_t sequence_ = 0;
  bool ended_ = false;    ///< The input has no more rows.
  bool stopped_ = false;  ///< `take` wants no more.
};

/// Opens the rows of an input with the job's own files, or vetor's.
Result<std::unique_ptr<RowSource>> OpenSource(const std::filesystem::path& input,
                                              const EmbedFilesOptions& options);

/// The parts of `finished` whose rows still have the digest of their manifest. Errors: those of
/// reading the input.
Result<FinishedParts> VerifiedParts(const Shard& shard, const FinishedParts& finished,
                                    const EmbedFilesOptions& options);

/// Whether the parts are all that the input has.
bool AreAllParts(const FinishedParts& parts);

}  // namespace vetor
