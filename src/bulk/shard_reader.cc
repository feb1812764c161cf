#include "bulk/shard_reader.h"

#include <algorithm>
#include <utility>

#include "base/exceptions.h"
#include "base/status_macros.h"
#include "bulk/text_source.h"
#include "os/file.h"

namespace vetor {

Result<std::unique_ptr<RowSource>> OpenSource(const std::filesystem::path& input,
                                              const EmbedFilesOptions& options) {
  return options.files ? options.files->OpenSource(input) : OpenTextSource(input, options);
}

bool AreAllParts(const FinishedParts& parts) {
  if (parts.contains(kWholeInput)) return true;
  // Numbered from 1 on, so without a gap the last one has the number of all.
  return !parts.empty() && parts.rbegin()->second.last && parts.rbegin()->first == parts.size();
}

Result<FinishedParts> VerifiedParts(const Shard& shard, const FinishedParts& finished,
                                    const EmbedFilesOptions& options) {
  FinishedParts verified;
  if (finished.empty()) return verified;
  VETOR_ASSIGN_OR_RETURN(const auto source, OpenSource(shard.input, options));
  uint64_t row = 0;
  for (const auto& [part, manifest] : finished) {
    // Those of outputs that are missing in between.
    VETOR_RETURN_IF_ERROR(source->Skip(manifest.first_row - row));
    source->TakeDigest();
    VETOR_RETURN_IF_ERROR(source->Skip(manifest.rows));
    row = manifest.first_row + manifest.rows;
    bool same = source->TakeDigest() == manifest.input_digest;
    if (manifest.last) {
      FileRows rest;
      VETOR_RETURN_IF_ERROR(source->Read(1, &rest));
      same = same && rest.rows.empty();
    }
    if (same) verified.emplace(part, manifest);
  }
  return verified;
}

void ShardReader::ReadAll(const Take& take) {
  for (size_t shard = 0; shard < work_.size() && !stopped_; ++shard) {
    const Status status = CatchExceptions([&] { return ReadShard(shard, take); });
    if (status.ok()) continue;
    auto end = std::make_unique<WorkBlock>();
    end->sequence = sequence_++;
    end->status = status;
    take(std::move(end));
    return;
  }
}

Status ShardReader::ReadShard(size_t shard, const Take& take) {
  const ShardWork& work = work_[shard];
  const auto stamp = StampOf(work.shard.input);
  if (!stamp) return NotFoundError(work.shard.input.string() + " was removed while the job ran");
  VETOR_ASSIGN_OR_RETURN(source_, OpenSource(work.shard.input, options_));
  stamp_ = *stamp;
  shard_ = shard;
  part_ = 1;
  first_row_ = 0;
  bytes_before_ = 0;
  ended_ = false;
  return ReadParts(work, take);
}

Status ShardReader::ReadParts(const ShardWork& work, const Take& take) {
  while (!ended_ && !stopped_) {
    const auto finished = work.finished.find(part_);
    if (finished == work.finished.end()) {
      VETOR_RETURN_IF_ERROR(ReadPart(take));
      continue;
    }
    VETOR_RETURN_IF_ERROR(source_->Skip(finished->second.rows));
    source_->TakeDigest();
    progress_.PassedOver(source_->bytes_read() - bytes_before_);
    bytes_before_ = source_->bytes_read();
    ended_ = finished->second.last;
    first_row_ += finished->second.rows;
    ++part_;
  }
  return Status();
}

Status ShardReader::ReadPart(const Take& take) {
  uint64_t rows = 0;
  while (!stopped_) {
    auto block = std::make_unique<WorkBlock>();
    block->begins_part = rows == 0;
    block->block_row = rows;
    VETOR_RETURN_IF_ERROR(ReadBlock(block.get()));
    rows += block->rows.rows.size();
    const bool ends = block->ends_part;
    stopped_ = !take(std::move(block));
    if (!ends) continue;
    first_row_ += rows;
    ++part_;
    return Status();
  }
  return Status();
}

Status ShardReader::ReadBlock(WorkBlock* block) {
  const uint64_t bound = options_.shard_rows;
  const uint64_t room = bound == 0 ? kBlockRows : bound - block->block_row;
  VETOR_RETURN_IF_ERROR(source_->Read(std::min<uint64_t>(kBlockRows, room), &block->rows));
  const uint64_t rows = block->block_row + block->rows.rows.size();
  block->sequence = sequence_++;
  block->shard = shard_;
  block->stamp = stamp_;
  block->part = part_;
  block->first_row = first_row_;
  block->ends_input = ended_ = block->rows.last;
  block->ends_part = ended_ || (bound > 0 && rows == bound);
  const uint64_t bytes = source_->bytes_read();
  block->input_bytes = bytes - std::exchange(bytes_before_, bytes);
  if (!block->ends_part) return Status();
  block->digest = source_->TakeDigest();
  return CheckUnchanged();
}

Status ShardReader::CheckUnchanged() const {
  const Shard& shard = work_[shard_].shard;
  const auto now = StampOf(shard.input);
  if (now && *now == stamp_) return Status();
  return DataLossError(shard.input.string() +
                       " was changed while it was read; run the job again with option resume, "
                       "and replace inputs between jobs only");
}

}  // namespace vetor
