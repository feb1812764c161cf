#include "exporter/folder/source_state.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

#include "formats/model_config.h"
#include "formats/model_file.h"
#include "formats/model_paths.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::array<std::string_view, 7> kEndings = {
    ".json", ".txt", ".model", ".codes", ".jinja", ".safetensors", ".bin",
};

bool IsOfModel(const fs::path& file) {
  const std::string name = file.filename().string();
  if (name.starts_with("README") || name.starts_with("LICENSE") || name == "NOTICE") return true;
  const std::string ending = file.extension().string();
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

// Adds the file that the member `path` of the file `where` names. A path that leads out of the
// model is refused later, when the file is read.
void AddInside(const fs::path& folder, const json::value& path, const fs::path& where,
               std::set<fs::path>* found) {
  if (!path.is_string()) return;
  const Result<fs::path> inside =
      InsideFolder(folder, std::string(path.get_string().subview()), where);
  if (inside.ok()) found->insert(inside->lexically_normal());
}

// Folders like "1_Pooling", and those that modules.json names. A training program's
// "checkpoint-500" does not count.
std::set<fs::path> ModuleFolders(const fs::path& source) {
  std::set<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator it(source, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    const std::string name = it->path().filename().string();
    const bool numbered = name.front() >= '0' && name.front() <= '9';
    if (numbered && it->is_directory(ignored)) folders.insert(it->path().lexically_normal());
  }
  const fs::path where = source / "modules.json";
  if (!FileIsThere(where)) return folders;
  const Result<json::value> list = ReadModelJson(where);
  if (!list.ok() || !list->is_array()) return folders;
  for (const json::value& module : list->get_array()) {
    const json::object* object = module.if_object();
    const json::value* path = object == nullptr ? nullptr : object->if_contains("path");
    if (path != nullptr) AddInside(source, *path, where, &folders);
  }
  return folders;
}

// The folders that hold the parts into which `folder` splits its weights.
std::set<fs::path> PartFolders(const fs::path& folder) {
  std::set<fs::path> files;
  for (const char* name : {"model.safetensors.index.json", "pytorch_model.bin.index.json"}) {
    const fs::path where = folder / name;
    if (!FileIsThere(where)) continue;
    const Result<json::object> index = ReadModelConfig(where);
    const json::value* map = index.ok() ? index->if_contains("weight_map") : nullptr;
    if (map == nullptr || !map->is_object()) continue;
    for (const auto& [tensor, file] : map->get_object()) AddInside(folder, file, where, &files);
  }
  std::set<fs::path> folders;
  for (const fs::path& file : files) folders.insert(file.parent_path());
  return folders;
}

}  // namespace

SourceState SourceState::Read(const fs::path& source) {
  SourceState state;
  std::set<fs::path> folders = ModuleFolders(source);
  folders.insert(source.lexically_normal());
  std::set<fs::path> of_parts;
  for (const fs::path& folder : folders) of_parts.merge(PartFolders(folder));
  folders.merge(of_parts);
  for (const fs::path& folder : folders) state.AddFolder(folder);
  return state;
}

bool SourceState::ReadFacts(const fs::path& file, Facts* facts) {
  std::error_code size_error;
  std::error_code time_error;
  facts->bytes = fs::file_size(file, size_error);
  facts->time = fs::last_write_time(file, time_error);
  return !size_error && !time_error;
}

void SourceState::AddFolder(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
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
