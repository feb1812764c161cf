// The entries of modules.json, as they stand there: for the code that checks the order and reads
// the folders (module_list.h), and the code that writes the file anew
// (exporter/folder/module_files.h).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "vetor/status.h"

namespace vetor {

struct ModuleEntry {
  std::string type;
  std::string kind;  ///< Last component of the type, the same in both generations of the files.
  std::filesystem::path folder;
};

/// Reads `folder`/modules.json. Errors: those of ReadModelJson; INVALID_ARGUMENT for what is not a
/// list of objects with a type and a path, and for a path that leaves the folder.
Result<std::vector<ModuleEntry>> ReadModuleEntries(const std::filesystem::path& folder);

}  // namespace vetor
