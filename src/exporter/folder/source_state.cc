#include "exporter/folder/source_state.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <system_error>

namespace vetor {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 7> kEndings = {
    ".json", ".txt", ".model", ".codes", ".jinja", ".safetensors", ".bin",
};

bool IsOfModel(const fs::path& file) {
  const std::string name = file.filename().string();
  if (name.starts_with("README") || name.starts_with("LICENSE") || name == "NOTICE") return true;
  const std::string ending = file.extension().string();
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

// "1_Pooling"; a training program's "checkpoint-500" is none.
bool IsModuleFolder(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return !name.empty() && name.front() >= '0' && name.front() <= '9';
}

}  // namespace

SourceState SourceState::Read(const fs::path& source) {
  SourceState state;
  state.AddFolder(source, /*modules=*/true);
  return state;
}

bool SourceState::ReadFacts(const fs::path& file, Facts* facts) {
  std::error_code size_error;
  std::error_code time_error;
  facts->bytes = fs::file_size(file, size_error);
  facts->time = fs::last_write_time(file, time_error);
  return !size_error && !time_error;
}

void SourceState::AddFolder(const fs::path& folder, bool modules) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (modules && it->is_directory(ignored) && IsModuleFolder(it->path())) {
      AddFolder(it->path(), /*modules=*/false);
    }
    Facts facts;
    if (it->is_regular_file(ignored) && IsOfModel(it->path()) && ReadFacts(it->path(), &facts)) {
      files_[it->path()] = facts;
    }
  }
}

Status SourceState::CheckUnchanged() const {
  for (const auto& [file, before] : files_) {
    Facts now;
    const bool there = ReadFacts(file, &now);
    if (there && now == before) continue;
    return FailedPreconditionError(file.string() + (there ? " has changed" : " has gone") +
                                   " since the export began, so nothing was written; export again "
                                   "when nothing writes to the source");
  }
  return Status();
}

}  // namespace vetor
