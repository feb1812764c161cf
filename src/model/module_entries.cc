#include "model/module_entries.h"

#include <boost/json.hpp>

#include "base/json.h"
#include "base/status_macros.h"
#include "formats/model_config.h"
#include "formats/model_paths.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

Result<ModuleEntry> ReadEntry(const json::value& value, const fs::path& folder,
                              const fs::path& where) {
  const json::object* object = value.if_object();
  if (object == nullptr) {
    return InvalidArgumentError(where.string() + ": expected a list of objects, found " +
                                JsonTypeName(value) + " in it");
  }
  ModuleEntry entry;
  VETOR_ASSIGN_OR_RETURN(entry.type, StringMember(*object, "type", "", where));
  entry.kind = entry.type.substr(entry.type.rfind('.') + 1);
  VETOR_ASSIGN_OR_RETURN(const std::string path, StringMember(*object, "path", "", where));
  VETOR_ASSIGN_OR_RETURN(entry.folder, InsideFolder(folder, path, where));
  return entry;
}

}  // namespace

Result<std::vector<ModuleEntry>> ReadModuleEntries(const fs::path& folder) {
  const fs::path where = folder / "modules.json";
  VETOR_ASSIGN_OR_RETURN(const json::value list, ReadModelJson(where));
  if (!list.is_array()) {
    return InvalidArgumentError(where.string() + ": expected a list of modules, found " +
                                JsonTypeName(list));
  }
  std::vector<ModuleEntry> entries;
  for (const json::value& value : list.get_array()) {
    VETOR_ASSIGN_OR_RETURN(ModuleEntry entry, ReadEntry(value, folder, where));
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace vetor
