// Writes the blocks of a bulk job into its outputs, in order.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "bulk/bulk_progress.h"
#include "bulk/job_folder.h"
#include "bulk/shard_reader.h"
#include "bulk/work_block.h"
#include "vetor/embed_files.h"
#include "vetor/status.h"

namespace vetor {

/// What all parts of a job share. Borrowed.
struct JobParts {
  const EmbedFilesOptions& options;
  const std::vector<ShardWork>& work;
  JobFolder* folder;
  Manifest maker;  ///< With version, model and settings filled in.
  BulkProgress* progress;
};

/// For one thread. An output that is not whole when the writer is destroyed leaves no file.
class OutputWriter {
 public:
  OutputWriter(const JobParts& job, EmbedFilesReport* report) : job_(job), report_(*report) {}
  ~OutputWriter();
  OutputWriter(const OutputWriter&) = delete;
  OutputWriter& operator=(const OutputWriter&) = delete;

  /// The next block. Errors: those of writing.
  Status Write(const WorkBlock& block);

 private:
  Status Begin(const WorkBlock& block);
  void Count(const WorkBlock& block);
  Status End(const WorkBlock& block);
  const Shard& ShardOf(const WorkBlock& block) const { return job_.work[block.shard].shard; }

  const JobParts& job_;
  EmbedFilesReport& report_;
  std::unique_ptr<RowSink> sink_;
  std::filesystem::path unfinished_;
  Manifest manifest_;
};

}  // namespace vetor
