// A folder that appears whole under its name, or not at all.
#pragma once

#include <filesystem>
#include <vector>

#include "vetor/status.h"

namespace vetor {

/// Files are put into a hidden folder beside the destination, on the same volume; Commit gives it
/// its name with one rename. Without Commit the destructor removes everything. After a kill the
/// hidden folder stays behind, and the next Create for the same destination removes it: a folder
/// in the making is locked (flock(2) on it) as long as its process lives. Move-only; one thread.
class StagedFolder {
 public:
  /// Makes the hidden folder, and the folders above `destination` that are missing. With `replace`,
  /// a folder that is there is replaced in Commit, whole; without, only an empty one is. Errors:
  /// FAILED_PRECONDITION if it is there; INVALID_ARGUMENT if it is not a folder; others as
  /// ErrnoError.
  static Result<StagedFolder> Create(const std::filesystem::path& destination, bool replace);
  StagedFolder(StagedFolder&& other) noexcept;
  StagedFolder& operator=(StagedFolder&&) = delete;
  StagedFolder(const StagedFolder&) = delete;
  StagedFolder& operator=(const StagedFolder&) = delete;
  ~StagedFolder();

  /// The folder to put files into until Commit.
  const std::filesystem::path& path() const { return staging_; }
  /// With links resolved: a link to a folder stays a link.
  const std::filesystem::path& destination() const { return destination_; }

  /// Flushes every file to disk, then renames. A replaced folder is there until the rename and gone
  /// after it (RENAME_EXCHANGE of renameat2(2)). FAILED_PRECONDITION if the file system cannot
  /// do that, or the destination is a mount point. The object is spent afterwards, also on an
  /// error, which leaves nothing behind.
  Status Commit();

  /// Removes all folders in the making, before a process ends without destructors. From any thread.
  static void RemoveUnfinished();

 private:
  StagedFolder(std::filesystem::path destination, bool replace)
      : destination_(std::move(destination)), replace_(replace) {}
  Status MakeParents();
  Status MakeStaging();
  Status Rename();
  void Remove();

  std::filesystem::path destination_;
  bool replace_ = false;
  std::filesystem::path staging_;                    // Empty: none, or spent.
  std::vector<std::filesystem::path> made_parents_;  // Outermost first.
  int lock_fd_ = -1;                                 // The staging folder, locked.
};

}  // namespace vetor
