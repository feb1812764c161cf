// Finds out whether a checkpoint's folder has changed since an export began.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>

#include "vetor/status.h"

namespace vetor {

/// Size and modification time of every file that an export may read or copy: configuration,
/// tokenizer, weights, README and licences. It looks at the top, in the modules' folders, and where
/// an index of weights says that parts lie. Other files may come and go.
class SourceState {
 public:
  static SourceState Read(const std::filesystem::path& source);

  /// FAILED_PRECONDITION names a file that has gone or changed since Read.
  Status CheckUnchanged() const;

 private:
  struct Facts {
    uintmax_t bytes = 0;
    std::filesystem::file_time_type time = {};
    bool operator==(const Facts&) const = default;
  };
  static bool ReadFacts(const std::filesystem::path& file, Facts* facts);
  void AddFolder(const std::filesystem::path& folder);

  std::map<std::filesystem::path, Facts> files_;
};

}  // namespace vetor
