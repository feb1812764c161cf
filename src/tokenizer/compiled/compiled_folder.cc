#include "tokenizer/compiled/compiled_folder.h"

#include <algorithm>
#include <system_error>
#include <vector>

#include "base/status_macros.h"
#include "os/new_file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

struct CompiledEntry {
  fs::path path;
  fs::file_time_type used;
};

// The files of the folder, with those that a process began and did not finish (*.vtok.tmp.RANDOM).
std::vector<CompiledEntry> EntriesOf(const fs::path& folder) {
  std::vector<CompiledEntry> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const bool is_compiled = it->path().filename().string().find(".vtok") != std::string::npos;
    std::error_code ignored;
    if (!is_compiled || !it->is_regular_file(ignored)) continue;
    entries.push_back({it->path(), it->last_write_time(ignored)});
  }
  return entries;
}

void DeleteBeyondMost(const fs::path& folder) {
  std::vector<CompiledEntry> entries = EntriesOf(folder);
  std::sort(entries.begin(), entries.end(),
            [](const CompiledEntry& a, const CompiledEntry& b) { return a.used > b.used; });
  for (size_t i = kMostCompiledTokenizers; i < entries.size(); ++i) {
    std::error_code ignored;
    fs::remove(entries[i].path, ignored);
  }
}

}  // namespace

fs::path CompiledFolderOf(const fs::path& cache_dir) { return cache_dir / "tokenizers"; }

Status StoreCompiled(const fs::path& folder, const TableKey& key, const TableWriter& tables) {
  VETOR_RETURN_IF_ERROR(MakePrivateFolder(folder.parent_path()));
  VETOR_RETURN_IF_ERROR(MakeFolderLikeParent(folder));
  Status status = tables.WriteTo(folder / key.FileName(), key);
  if (status.ok()) DeleteBeyondMost(folder);
  return status;
}

void TouchCompiled(const fs::path& folder, const TableKey& key) {
  std::error_code ignored;
  fs::last_write_time(folder / key.FileName(), fs::file_time_type::clock::now(), ignored);
}

CompiledFolderStats ReadCompiledFolder(const fs::path& folder) {
  CompiledFolderStats stats;
  for (const CompiledEntry& entry : EntriesOf(folder)) {
    std::error_code error;
    const uintmax_t bytes = fs::file_size(entry.path, error);
    if (error) continue;
    ++stats.files;
    stats.bytes += static_cast<int64_t>(bytes);
  }
  return stats;
}

Status ClearCompiledFolder(const fs::path& folder) {
  std::error_code error;
  for (const CompiledEntry& entry : EntriesOf(folder)) {
    fs::remove(entry.path, error);
    if (error) return ErrnoError(error.value(), "cannot delete", entry.path);
  }
  fs::remove(folder, error);  // The folder stays if something else lies in it.
  return Status();
}

}  // namespace vetor
