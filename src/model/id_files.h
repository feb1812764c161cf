// The files beside a model that may decide which ids a text gets.
//
// Which of them are read depends on the tokenizer's kind and on the content of the others, so all
// count: a needless file in the fingerprint costs a computation, a missing one serves wrong
// vectors.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "os/file.h"

namespace vetor {

struct IdFile {
  std::filesystem::path path;
  std::string label;  ///< Which of the folders, and the name; not the place on this machine.
  std::optional<FileStamp> stamp;  ///< Nullopt: it was not there.
};

/// `tokenizer` and every known name in each of `folders` (in order, equal ones once), with the
/// stamps of this moment.
std::vector<IdFile> StampIdFiles(const std::vector<std::filesystem::path>& folders,
                                 const std::filesystem::path& tokenizer);

}  // namespace vetor
