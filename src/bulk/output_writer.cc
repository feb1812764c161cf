#include "bulk/output_writer.h"

#include <system_error>

#include "base/status_macros.h"
#include "base/utf8.h"
#include "bulk/vector_sinks.h"

namespace vetor {
namespace {

// A sink of vetor's own leaves no file by itself; that of another program may.
void RemoveUnfinishedFile(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

Status WithRemedyForFullDisk(const Status& status) {
  if (status.code() != StatusCode::kResourceExhausted) return status;
  return ResourceExhaustedError(status.message() +
                                "; make room and run the job again with option resume");
}

}  // namespace

OutputWriter::~OutputWriter() {
  if (!sink_) return;
  sink_.reset();
  RemoveUnfinishedFile(unfinished_);
}

Status OutputWriter::Write(const WorkBlock& block) {
  if (block.begins_part) VETOR_RETURN_IF_ERROR(WithRemedyForFullDisk(Begin(block)));
  const EmbeddedBlock rows{
      .block = block.rows, .vectors = block.vectors, .texts = block.texts, .dim = job_.maker.dim};
  VETOR_RETURN_IF_ERROR(WithRemedyForFullDisk(sink_->Append(rows)));
  Count(block);
  if (!block.ends_part) return Status();
  return WithRemedyForFullDisk(End(block));
}

Status OutputWriter::Begin(const WorkBlock& block) {
  const Shard& shard = ShardOf(block);
  unfinished_ = job_.folder->UnfinishedPath(shard);
  if (job_.options.files) {
    VETOR_ASSIGN_OR_RETURN(sink_,
                           job_.options.files->OpenSink(shard.input, unfinished_, job_.maker.dim));
  } else {
    VETOR_ASSIGN_OR_RETURN(sink_, OpenVectorSink(unfinished_, job_.maker.dim, job_.options));
  }
  manifest_ = job_.maker;
  manifest_.input_name = ReplaceInvalidUtf8(shard.input.filename().string());
  manifest_.input_bytes = block.stamp.bytes;
  manifest_.input_modified_ns = block.stamp.modified_ns;
  manifest_.first_row = block.first_row;
  return Status();
}

void OutputWriter::Count(const WorkBlock& block) {
  const bool lists_rows = !job_.options.files && job_.options.format == VectorFileFormat::kNpy;
  for (size_t i = 0; i < block.rows.rows.size(); ++i) {
    const FileRow& row = block.rows.rows[i];
    manifest_.tokens += block.texts[i].tokens;
    manifest_.truncated += block.texts[i].truncated ? 1 : 0;
    if (row.error.empty()) continue;
    ++manifest_.failed;
    if (lists_rows) manifest_.failed_rows.push_back({block.block_row + i, row.error});
  }
  manifest_.rows += block.rows.rows.size();
}

Status OutputWriter::End(const WorkBlock& block) {
  VETOR_RETURN_IF_ERROR(sink_->Finish());
  manifest_.part = block.part == 1 && block.ends_input ? kWholeInput : block.part;
  manifest_.last = block.ends_input;
  manifest_.input_digest = block.digest;
  const Status published = job_.folder->Publish(ShardOf(block), unfinished_, manifest_);
  VETOR_RETURN_IF_ERROR(published);
  sink_.reset();
  report_.texts += manifest_.rows;
  report_.tokens += manifest_.tokens;
  report_.truncated += manifest_.truncated;
  report_.failed += manifest_.failed;
  ++report_.outputs;
  if (block.ends_input) job_.progress->InputDone();
  return Status();
}

}  // namespace vetor
