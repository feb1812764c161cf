#include "vetor/embed_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/argument_check.h"
#include "base/counted.h"
#include "base/exceptions.h"
#include "base/status_macros.h"
#include "base/utf8.h"
#include "base/utf8_check.h"
#include "bulk/block_embedding.h"
#include "bulk/bulk_pipeline.h"
#include "bulk/bulk_progress.h"
#include "bulk/job_folder.h"
#include "bulk/manifest.h"
#include "bulk/output_writer.h"
#include "bulk/shard.h"
#include "bulk/shard_reader.h"
#include "os/file.h"

namespace vetor {
namespace {

Status CheckInto(const std::string& into) {
  for (const char* taken : {"", "id", "tokens", "truncated", "error"}) {
    if (into != taken) continue;
    return InvalidArgumentError("option into is \"" + into +
                                "\", which is no name or that of another member of the results; "
                                "choose another");
  }
  const size_t bad = FindInvalidUtf8(into);
  return bad == kValidUtf8 ? Status() : InvalidUtf8Error("option into", into, bad);
}

Status CheckOptions(const EmbedFilesOptions& options) {
  if (options.output.empty()) {
    return InvalidArgumentError("option output is empty; name the folder of the outputs");
  }
  VETOR_RETURN_IF_ERROR(CheckPath(options.output.native(), "option output"));
  VETOR_RETURN_IF_ERROR(CheckChoice(options.output_dtype, "output_dtype"));
  VETOR_RETURN_IF_ERROR(CheckChoice(options.on_error, "on_error"));
  VETOR_RETURN_IF_ERROR(CheckChoice(options.resume, "resume"));
  VETOR_RETURN_IF_ERROR(CheckChoice(options.on_long, "on_long"));
  VETOR_RETURN_IF_ERROR(CheckChoice(options.format, "format"));
  VETOR_RETURN_IF_ERROR(CheckChoice(options.input_format, "input_format"));
  VETOR_RETURN_IF_ERROR(CheckInto(options.into));
  if (options.files) return Status();
  const bool npy = options.format == VectorFileFormat::kNpy;
  if (npy && !options.id_field.empty()) {
    return InvalidArgumentError(
        "option id_field is set, and .npy has no place for ids; set option format to \"jsonl\" "
        "(rows keep their order)");
  }
  if (npy && options.into != "embedding") {
    return InvalidArgumentError(
        "option into names the vector, and .npy has no names; leave it out, or set option format "
        "to \"jsonl\"");
  }
  if (!npy && options.output_dtype != VectorDtype::kFloat32) {
    return InvalidArgumentError(
        "option output_dtype is \"float16\", and the numbers of jsonl have no type; set option "
        "format to \"npy\"");
  }
  if (options.input_format == InputFormat::kLines && !options.id_field.empty()) {
    return InvalidArgumentError(
        "option id_field names a field, and lines have none; set option input_format to "
        "\"jsonl\"");
  }
  return Status();
}

// One job in its folder.
class BulkJob {
 public:
  BulkJob(EmbeddingsService* service, const EmbedFilesOptions& options, JobFolder folder)
      : service_(*service), options_(options), folder_(std::move(folder)) {
    DescribeMaker(service->info(), SettingsOf(options), &maker_);
  }

  Result<EmbedFilesReport> Run(const std::vector<Shard>& shards) {
    VETOR_RETURN_IF_ERROR(folder_.CheckMaker(maker_, options_.resume != Resume::kNo));
    for (const Shard& shard : shards) VETOR_RETURN_IF_ERROR(Plan(shard));
    report_.inputs = shards.size();
    uint64_t bytes = 0;
    for (const ShardWork& work : work_) bytes += work.shard.bytes;
    const EmbedFilesProgress start{.inputs_done = shards.size() - work_.size(),
                                   .inputs = shards.size()};
    BulkProgress progress(options_.progress, start, bytes);
    const Status done = RunStages(&progress);
    if (!done.ok()) return Explain(done, progress.texts());
    return report_;
  }

 private:
  Status Plan(const Shard& shard) {
    if (options_.stop.stop_requested()) return CancelledError("interrupted");
    FinishedParts finished;
    if (const auto stamp = StampOf(shard.input)) finished = folder_.FinishedOf(shard, *stamp);
    if (options_.resume == Resume::kVerify) {
      VETOR_ASSIGN_OR_RETURN(finished, VerifiedParts(shard, finished, options_));
    }
    report_.finished_outputs += finished.size();
    for (const auto& [part, manifest] : finished) report_.finished_texts += manifest.rows;
    if (!AreAllParts(finished)) work_.push_back({shard, std::move(finished)});
    return Status();
  }

  Status RunStages(BulkProgress* progress) {
    const JobParts parts{options_, work_, &folder_, maker_, progress};
    ShardReader reader(work_, options_, progress);
    OutputWriter writer(parts, &report_);
    const BulkStages stages{
        .read = [&reader](const auto& take) { reader.ReadAll(take); },
        .embed = [this, progress](
                     WorkBlock* block,
                     std::stop_token stop) { return Embed(block, std::move(stop), progress); },
        .write = [&writer](const WorkBlock& block) { return writer.Write(block); },
    };
    return RunBulkPipeline(stages, options_.stop);
  }

  Status Embed(WorkBlock* block, std::stop_token stop, BulkProgress* progress) {
    EmbedFilesOptions options = options_;
    options.stop = std::move(stop);
    const std::string name = work_[block->shard].shard.input.filename().string();
    VETOR_RETURN_IF_ERROR(EmbedBlock(
        &service_, options, name, [&](size_t done) { progress->Embedding(*block, done); }, block));
    progress->Embedded(*block);
    return Status();
  }

  Status Explain(const Status& status, uint64_t texts) const {
    const uint64_t outputs = report_.outputs + report_.finished_outputs;
    std::string message = status.message();
    if (status.code() == StatusCode::kCancelled) {
      message = "interrupted after " + Counted(texts, "text");
    }
    message += fmt::format("; {} whole in {}",
                           Counted(outputs, "output") + (outputs == 1 ? " is" : " are"),
                           options_.output.string());
    if (outputs > 0 && message.find("option resume") == std::string::npos) {
      message += ", and option resume goes on behind them";
    }
    return Status(status.code(), std::move(message));
  }

  EmbeddingsService& service_;
  const EmbedFilesOptions& options_;
  JobFolder folder_;
  Manifest maker_;
  std::vector<ShardWork> work_;  ///< The shards that are not finished.
  EmbedFilesReport report_;
};

}  // namespace

Status CheckEmbedFiles(const EmbedFilesOptions& options) {
  return CatchExceptions([&] {
    VETOR_RETURN_IF_ERROR(CheckOptions(options));
    return ListShards(options).status();
  });
}

Result<EmbedFilesReport> EmbedFiles(EmbeddingsService* service, const EmbedFilesOptions& options) {
  return CatchExceptions([&]() -> Result<EmbedFilesReport> {
    VETOR_RETURN_IF_ERROR(CheckOptions(options));
    VETOR_ASSIGN_OR_RETURN(const std::vector<Shard> shards, ListShards(options));
    VETOR_ASSIGN_OR_RETURN(JobFolder folder,
                           JobFolder::Open(options.output, OutputEnding(options)));
    return BulkJob(service, options, std::move(folder)).Run(shards);
  });
}

}  // namespace vetor
