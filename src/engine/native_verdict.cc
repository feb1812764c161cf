#include "engine/native_verdict.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/digest.h"
#include "base/status_macros.h"
#include "os/cpu.h"
#include "os/file.h"
#include "os/log.h"
#include "os/new_file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostVerdicts = 64;
constexpr std::string_view kEnding = ".verdict";

constexpr std::string_view kBeginning = "vetor native verdict 2: the vectors agree\nmodel ";
constexpr std::string_view kVersion = "\nvetor " VETOR_VERSION "\nprocessor ";

// The whole file: what does not equal it, to the last byte, is another verdict or a damaged one.
std::string ContentOf(const NativeVerdict& verdict) {
  return std::string(kBeginning) + verdict.model_fingerprint + "\nnumerics " + verdict.numerics +
         "\nlibrary " + verdict.library + "\nwitness " + verdict.witness + std::string(kVersion) +
         CpuModelName() + "\n";
}

fs::path FileOf(const fs::path& folder, const std::string& content) {
  constexpr size_t kNameDigits = 32;
  return folder / (Hex(Sha256(content)).substr(0, kNameDigits) + std::string(kEnding));
}

// Whether a processor's name, at the end, is all that may keep this vetor from reading the file.
bool MayBeRead(const fs::path& folder, const fs::path& file) {
  constexpr uint64_t kMostBytes = 4096;
  const Result<std::string> content = ReadFile(file, kMostBytes);
  return content.ok() && content->starts_with(kBeginning) &&
         content->find(kVersion) != std::string::npos && file == FileOf(folder, *content);
}

// Also those that a process began and did not finish (*.verdict.tmp.RANDOM).
std::vector<fs::path> FilesOf(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    const bool is_ours = it->path().filename().string().find(kEnding) != std::string::npos;
    if (is_ours && it->is_regular_file(ignored)) files.push_back(it->path());
  }
  return files;
}

void DeleteBeyondMost(const fs::path& folder) {
  std::vector<fs::path> files = FilesOf(folder);
  if (files.size() <= kMostVerdicts) return;
  std::error_code ignored;
  std::sort(files.begin(), files.end(), [&](const fs::path& a, const fs::path& b) {
    return fs::last_write_time(a, ignored) > fs::last_write_time(b, ignored);
  });
  for (size_t i = kMostVerdicts; i < files.size(); ++i) fs::remove(files[i], ignored);
}

Status Write(const fs::path& folder, const std::string& content) {
  VETOR_RETURN_IF_ERROR(MakePrivateFolder(folder.parent_path()));
  VETOR_RETURN_IF_ERROR(MakeFolderLikeParent(folder));
  VETOR_ASSIGN_OR_RETURN(AtomicFile file,
                         AtomicFile::Create(FileOf(folder, content), NewFileMode::kAsFolder));
  VETOR_RETURN_IF_ERROR(file.Write(content));
  return file.Commit();
}

}  // namespace

fs::path VerdictFolderOf(const fs::path& cache_dir) { return cache_dir / "native"; }

bool IsRemembered(const fs::path& folder, const NativeVerdict& verdict) {
  if (folder.empty()) return false;
  const std::string content = ContentOf(verdict);
  const fs::path file = FileOf(folder, content);
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored)) return false;  // Opening a pipe would wait.
  const Result<std::string> found = ReadFile(file, content.size());
  return found.ok() && *found == content;
}

void Remember(const fs::path& folder, const NativeVerdict& verdict) {
  if (folder.empty()) return;
  const Status status = Write(folder, ContentOf(verdict));
  if (status.ok()) return DeleteBeyondMost(folder);
  Log(LogLevel::kDebug, "the native runtime is checked again at the next opening: {}",
      status.message());
}

VerdictFolderStats ReadVerdictFolder(const fs::path& folder) {
  VerdictFolderStats stats;
  for (const fs::path& file : FilesOf(folder)) {
    std::error_code error;
    const uintmax_t bytes = fs::file_size(file, error);
    if (error) continue;
    ++stats.files;
    stats.bytes += static_cast<int64_t>(bytes);
  }
  return stats;
}

Result<int64_t> PruneVerdicts(const fs::path& folder, int64_t oldest) {
  constexpr int64_t kNanoseconds = 1'000'000'000;
  int64_t deleted = 0;
  for (const fs::path& file : FilesOf(folder)) {
    const std::optional<FileStamp> stamp = StampOf(file);
    if (!stamp) continue;
    // A file that another process is writing now has another ending, and no whole content yet.
    const bool unfinished = file.extension() != kEnding;
    const bool young = stamp->modified_ns / kNanoseconds >= oldest;
    if (young && (unfinished || MayBeRead(folder, file))) continue;
    std::error_code error;
    fs::remove(file, error);
    if (error) return ErrnoError(error.value(), "cannot delete", file);
    ++deleted;
  }
  return deleted;
}

Status ClearVerdicts(const fs::path& folder) {
  std::error_code error;
  for (const fs::path& file : FilesOf(folder)) {
    fs::remove(file, error);
    if (error) return ErrnoError(error.value(), "cannot delete", file);
  }
  fs::remove(folder, error);  // It stays if something else lies in it.
  return Status();
}

}  // namespace vetor
