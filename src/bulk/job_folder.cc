#include "bulk/job_folder.h"

#include <fmt/format.h>

#include <iterator>
#include <optional>
#include <system_error>

#include "base/counted.h"
#include "base/status_macros.h"
#include "os/file.h"

namespace vetor {
namespace {

constexpr std::string_view kManifestEnding = ".manifest.json";
constexpr std::string_view kUnfinishedEnding = ".unfinished";
constexpr const char* kLockName = ".vetor.lock";

// A file in the making, ours or that of an AtomicFile of ours.
bool IsUnfinished(const std::string& name) {
  return name.ends_with(kUnfinishedEnding) || name.find(".unfinished.tmp.") != std::string::npos ||
         name.find(".manifest.json.tmp.") != std::string::npos;
}

Status FileSystemError(const std::error_code& error, std::string_view what,
                       const std::filesystem::path& path) {
  return ErrnoError(error.value(), what, path);
}

// The names in a folder.
Result<std::vector<std::string>> NamesIn(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::string> names;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) return FileSystemError(error, "cannot read the folder", folder);
  return names;
}

}  // namespace

Result<JobFolder> JobFolder::Open(const std::filesystem::path& path, std::string ending) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return FileSystemError(error, "cannot make the folder", path);
  Result<FileLock> lock = FileLock::TryAcquire(path / kLockName);
  if (!lock.ok() && lock.status().code() == StatusCode::kFailedPrecondition) {
    return FailedPreconditionError("another job works in " + path.string() +
                                   "; wait for its end, or name another output folder");
  }
  if (!lock.ok()) return lock.status();
  JobFolder folder(path, std::move(ending), *std::move(lock));
  VETOR_RETURN_IF_ERROR(folder.RemoveUnfinished());
  VETOR_RETURN_IF_ERROR(folder.ReadManifests());
  return folder;
}

Status JobFolder::RemoveUnfinished() const {
  VETOR_ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(path_));
  for (const std::string& name : names) {
    if (!IsUnfinished(name)) continue;
    std::error_code error;
    std::filesystem::remove(path_ / name, error);
    if (error) return FileSystemError(error, "cannot remove", path_ / name);
  }
  return Status();
}

Status JobFolder::ReadManifests() {
  VETOR_ASSIGN_OR_RETURN(const std::vector<std::string> names, NamesIn(path_));
  for (const std::string& name : names) {
    if (!name.ends_with(kManifestEnding)) continue;
    VETOR_ASSIGN_OR_RETURN(Manifest manifest, ReadManifest(path_ / name));
    found_.emplace(name.substr(0, name.size() - kManifestEnding.size()), std::move(manifest));
  }
  return Status();
}

Status JobFolder::CheckMaker(const Manifest& wanted, bool resumes) const {
  for (const auto& [stem, manifest] : found_) {
    VETOR_RETURN_IF_ERROR(CheckSameMaker(manifest, wanted, ManifestPath(stem)));
  }
  if (resumes || found_.empty()) return Status();
  return FailedPreconditionError(
      fmt::format("{} holds {} of an earlier job; set option resume to go on behind them, or "
                  "name another output folder",
                  path_.string(), Counted(found_.size(), "output")));
}

FinishedParts JobFolder::FinishedOf(const Shard& shard, const FileStamp& stamp) const {
  FinishedParts parts;
  for (const auto& [stem, manifest] : OutputsOf(shard.name)) {
    const auto output = StampOf(OutputPath(stem));
    if (!output || output->bytes != manifest->output_bytes) continue;
    if (IsOfInput(*manifest, shard.input, stamp)) parts.emplace(manifest->part, *manifest);
  }
  // Files that a user copied beside it do not count.
  if (parts.contains(kWholeInput)) parts.erase(std::next(parts.begin()), parts.end());
  return parts;
}

// Not those of "part-1.x" for "part-1", whose names begin alike.
std::map<std::string, const Manifest*> JobFolder::OutputsOf(const std::string& name) const {
  std::map<std::string, const Manifest*> outputs;
  for (auto found = found_.lower_bound(name);
       found != found_.end() && found->first.starts_with(name); ++found) {
    if (found->first != OutputStem(name, found->second.part)) continue;
    outputs.emplace(found->first, &found->second);
  }
  return outputs;
}

std::filesystem::path JobFolder::UnfinishedPath(const Shard& shard) const {
  return path_ / (shard.name + ending_ + std::string(kUnfinishedEnding));
}

std::filesystem::path JobFolder::ManifestPath(const std::string& stem) const {
  return path_ / (stem + std::string(kManifestEnding));
}

Status JobFolder::Publish(const Shard& shard, const std::filesystem::path& unfinished,
                          Manifest manifest) {
  const std::string stem = OutputStem(shard.name, manifest.part);
  const std::filesystem::path output = OutputPath(stem);
  VETOR_RETURN_IF_ERROR(SyncFile(unfinished));
  // The manifest of an output that is replaced must not stand beside the new one.
  std::error_code error;
  std::filesystem::remove(ManifestPath(stem), error);
  if (error) return FileSystemError(error, "cannot remove", ManifestPath(stem));
  std::filesystem::rename(unfinished, output, error);
  if (error) return FileSystemError(error, "cannot rename to", output);
  const auto stamp = StampOf(output);
  if (!stamp) return DataLossError(output.string() + " was removed while the job ran");
  manifest.output_name = output.filename().string();
  manifest.output_bytes = stamp->bytes;
  VETOR_RETURN_IF_ERROR(SyncFile(path_));
  VETOR_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(ManifestPath(stem)));
  VETOR_RETURN_IF_ERROR(file.Write(ManifestText(manifest)));
  VETOR_RETURN_IF_ERROR(file.Commit());
  if (manifest.last) VETOR_RETURN_IF_ERROR(RemoveOthers(shard.name, manifest.part));
  return SyncFile(path_);
}

Status JobFolder::Remove(const std::string& stem) const {
  for (const std::filesystem::path& path : {ManifestPath(stem), OutputPath(stem)}) {
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error) return FileSystemError(error, "cannot remove", path);
  }
  return Status();
}

// Only what an earlier job wrote, as its manifests say.
Status JobFolder::RemoveOthers(const std::string& name, uint64_t last_part) const {
  for (const auto& [stem, manifest] : OutputsOf(name)) {
    const bool whole = manifest->part == kWholeInput;
    const bool stays = last_part == kWholeInput ? whole : !whole && manifest->part <= last_part;
    if (!stays) VETOR_RETURN_IF_ERROR(Remove(stem));
  }
  return Status();
}

}  // namespace vetor
