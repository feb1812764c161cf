// Remembers, beside a cache, that the native runtime was found right for a model: the check reads
// all weights and takes longer the larger the model is. The files (*.verdict, 200 bytes each) may
// be deleted at any time; the check is then made again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "vetor/status.h"

namespace vetor {

/// What a verdict holds for: any other version, instruction set or processor is checked anew.
struct NativeVerdict {
  std::string model_fingerprint;
  std::string numerics;  ///< BackendTraits::numerics
  std::string library;   ///< BackendTraits::library: the instruction set.
  /// What the vectors were compared with: "record DIGEST", "onnxruntime" or "reference". A weaker
  /// comparison does not stand in for a stronger one.
  std::string witness = "reference";
};

/// The folder of the verdicts of a cache folder.
std::filesystem::path VerdictFolderOf(const std::filesystem::path& cache_dir);

/// Whether `folder` says that the native runtime is right. A file that is damaged, or was written
/// for something else, says nothing. False for an empty path.
bool IsRemembered(const std::filesystem::path& folder, const NativeVerdict& verdict);

/// Notes it, and deletes the oldest files beyond a bound. Does nothing for an empty path, or if the
/// folder cannot be written: the next opening checks again.
void Remember(const std::filesystem::path& folder, const NativeVerdict& verdict);

struct VerdictFolderStats {
  int64_t files = 0;
  int64_t bytes = 0;
};
/// A folder that is not there holds nothing.
VerdictFolderStats ReadVerdictFolder(const std::filesystem::path& folder);

/// Deletes what no opening will read again: verdicts of another version of vetor, damaged ones, and
/// those that were written before `oldest` (Unix seconds), of any processor, because machines may
/// share a folder. Returns how many. Errors: those of the file system.
Result<int64_t> PruneVerdicts(const std::filesystem::path& folder, int64_t oldest);

/// Deletes the verdicts, and the folder if nothing else lies in it. Errors: those of the file
/// system.
Status ClearVerdicts(const std::filesystem::path& folder);

}  // namespace vetor
