// The folder of a bulk job's outputs, while the job has it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bulk/manifest.h"
#include "bulk/shard.h"
#include "os/file_lock.h"
#include "vetor/status.h"

namespace vetor {

/// The outputs of one input that still fit, by their part.
using FinishedParts = std::map<uint64_t, Manifest>;

/// Holds a lock on the folder (".vetor.lock" in it) until destroyed, so everything unfinished that
/// lies there is of a job that died. Move-only; after Open for one thread at a time.
class JobFolder {
 public:
  /// Makes the folder if it is missing, takes the lock, removes what dead jobs left unfinished and
  /// reads the manifests. `ending` is that of the outputs. Errors: FAILED_PRECONDITION if another
  /// job works there; DATA_LOSS for a manifest that is none; those of files.
  static Result<JobFolder> Open(const std::filesystem::path& path, std::string ending);

  /// FAILED_PRECONDITION if an output there was made by another model or with other settings, or
  /// if there is one at all and the job does not resume.
  Status CheckMaker(const Manifest& wanted, bool resumes) const;

  /// The outputs of the shard that its input, as it is now, would give again.
  FinishedParts FinishedOf(const Shard& shard, const FileStamp& stamp) const;

  /// The path at which an output of the shard is made, one at a time.
  std::filesystem::path UnfinishedPath(const Shard& shard) const;

  /// Gives an output that lies whole at UnfinishedPath its name, and its manifest a file. Fills in
  /// name and size of the output. If it is the last of its input, outputs that an earlier job made
  /// of the input beside these are removed. On the disk the manifest appears after the output.
  Status Publish(const Shard& shard, const std::filesystem::path& unfinished, Manifest manifest);

 private:
  JobFolder(std::filesystem::path path, std::string ending, FileLock lock)
      : path_(std::move(path)), ending_(std::move(ending)), lock_(std::move(lock)) {}
  Status RemoveUnfinished() const;
  Status ReadManifests();
  std::filesystem::path OutputPath(const std::string& stem) const {
    return path_ / (stem + ending_);
  }
  std::filesystem::path ManifestPath(const std::string& stem) const;
  /// The outputs of the input of that name, by their stem.
  std::map<std::string, const Manifest*> OutputsOf(const std::string& name) const;
  Status Remove(const std::string& stem) const;
  Status RemoveOthers(const std::string& name, uint64_t last_part) const;

  std::filesystem::path path_;
  std::string ending_;
  FileLock lock_;
  std::map<std::string, Manifest> found_;  ///< By the stem of the output.
};

}  // namespace vetor
