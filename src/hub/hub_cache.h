// The hub cache on disk, in the layout that huggingface_hub shares between programs:
//
//   CACHE/models--org--name/blobs/ETAG                  the bytes, once
//                          /refs/REVISION               the commit that a branch or tag means
//                          /snapshots/COMMIT/FILE       a relative link to the blob
//                          /.no_exist/COMMIT/FILE       the server said: no such file
//                          /.vetor/COMMIT.json          our own: the listing of a commit that was
//                                                       pulled, with size and ETag of each file
//                                                       fetched; tells whether a snapshot is
//                                                       whole
//   CACHE/.locks/models--org--name/ETAG.lock            held while a blob is fetched
//
// Every step leaves the cache valid for other processes that read or write it meanwhile: files and
// links appear under their names by rename.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/protocol.h"
#include "vetor/status.h"

namespace vetor {

/// One repository's part of the cache. Const methods only read. Thread-safe.
class RepositoryCache {
 public:
  /// REQUIRES: IsHubId(id). Creates nothing.
  RepositoryCache(const std::filesystem::path& cache, std::string_view id);

  std::filesystem::path Blob(std::string_view etag) const;
  std::filesystem::path Lock(std::string_view etag) const;
  std::filesystem::path Snapshot(std::string_view commit) const;
  /// Where a file of a snapshot lies. REQUIRES: IsPlainRelativePath(file).
  std::filesystem::path SnapshotFile(std::string_view commit, std::string_view file) const;

  /// The commit that `revision` meant when the server was last asked; a commit means itself.
  std::optional<std::string> FindCommit(std::string_view revision) const;
  /// The snapshot's folder, if it exists and holds anything.
  std::optional<std::filesystem::path> FindSnapshot(std::string_view revision) const;
  /// True if the file exists, and its blob too.
  bool HasFile(std::string_view commit, std::string_view file) const;
  /// True if the file exists and agrees with `facts`: it is a link to the blob of that name, or a
  /// file, and has that size. The bytes are not read.
  bool HasFile(std::string_view commit, std::string_view file, const FileFacts& facts) const;

  /// Makes the folders for a blob and its lock.
  Status PrepareBlob(std::string_view etag) const;
  /// Puts a complete blob into a snapshot: a relative link, or a copy if `link` is false or the
  /// file system has no links.
  Status AddToSnapshot(std::string_view commit, std::string_view file, std::string_view etag,
                       bool link) const;
  /// Remembers what `revision` means. Writes nothing for a commit, which means itself.
  Status WriteRef(std::string_view revision, std::string_view commit) const;
  Status MarkAbsent(std::string_view commit, std::string_view file) const;

  /// The listing of a commit that KeepListing kept; nullopt if there is none.
  std::optional<std::string> FindListing(std::string_view commit) const;
  /// Keeps a listing; writes nothing if the same one is kept already.
  Status KeepListing(std::string_view commit, std::string_view listing) const;
  /// The files of a snapshot whose blobs exist, relative to its folder.
  std::vector<std::string> FilesOf(std::string_view commit) const;

  /// A name for a blob while it is fetched; no other process or thread uses the same.
  std::filesystem::path NewIncomplete(std::string_view etag) const;
  /// The longest part of this blob that a killed process left. REQUIRES: the blob's lock is held,
  /// so that no process writes it.
  std::optional<std::filesystem::path> FindIncomplete(std::string_view etag) const;
  /// Renames a complete file to its blob, and removes other parts of this blob that were left over.
  /// REQUIRES: the blob's lock is held.
  Status FinishBlob(const std::filesystem::path& incomplete, std::string_view etag) const;

 private:
  std::filesystem::path Listing(std::string_view commit) const;

  std::filesystem::path folder_;
  std::filesystem::path locks_;
};

}  // namespace vetor
