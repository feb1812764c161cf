#include "hub/hub_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <system_error>

#include "base/status_macros.h"
#include "hub/protocol.h"
#include "os/file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxRefBytes = 1024;
constexpr uint64_t kMaxListingBytes = 64ULL << 20;
constexpr std::string_view kIncomplete = ".incomplete";

std::string RandomSuffix() {
  std::random_device device;
  return fmt::format("{:08x}{:08x}", device(), device());
}

// Whether `name` is ETAG.incomplete or ETAG.SUFFIX.incomplete. Blobs whose names only begin alike
// are different blobs: an ETag may hold a dot, a suffix does not.
bool IsIncompleteOf(std::string_view name, std::string_view etag) {
  if (!name.starts_with(etag) || !name.ends_with(kIncomplete)) return false;
  name.remove_prefix(etag.size());
  if (name.size() < kIncomplete.size()) return false;
  name.remove_suffix(kIncomplete.size());
  return name.empty() || (name.starts_with('.') && name.find('.', 1) == std::string_view::npos);
}

std::string FolderName(std::string_view id) {
  std::string name = "models--" + std::string(id);
  const size_t slash = name.find('/');
  if (slash != std::string::npos) name.replace(slash, 1, "--");
  return name;
}

Status MakeFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  return error ? ErrnoError(error.value(), "cannot create", folder) : Status();
}

Status Rename(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (!error) return Status();
  std::error_code ignored;
  fs::remove(from, ignored);
  return ErrnoError(error.value(), "cannot create", to);
}

Status WriteSmallFile(const fs::path& path, std::string_view text) {
  VETOR_RETURN_IF_ERROR(MakeFolder(path.parent_path()));
  VETOR_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  VETOR_RETURN_IF_ERROR(file.Write(text));
  return file.Commit();
}

}  // namespace

RepositoryCache::RepositoryCache(const fs::path& cache, std::string_view id)
    : folder_(cache / FolderName(id)), locks_(cache / ".locks" / FolderName(id)) {}

fs::path RepositoryCache::Blob(std::string_view etag) const { return folder_ / "blobs" / etag; }

fs::path RepositoryCache::Lock(std::string_view etag) const {
  return locks_ / (std::string(etag) + ".lock");
}

fs::path RepositoryCache::Snapshot(std::string_view commit) const {
  return folder_ / "snapshots" / commit;
}

fs::path RepositoryCache::SnapshotFile(std::string_view commit, std::string_view file) const {
  return Snapshot(commit) / file;
}

std::optional<std::string> RepositoryCache::FindCommit(std::string_view revision) const {
  if (IsCommit(revision)) return std::string(revision);
  if (!IsPlainRelativePath(revision)) return std::nullopt;
  const Result<std::string> text = ReadFile(folder_ / "refs" / revision, kMaxRefBytes);
  if (!text.ok()) return std::nullopt;
  std::string commit = *text;
  while (!commit.empty() && (commit.back() == '\n' || commit.back() == ' ')) commit.pop_back();
  return IsCommit(commit) ? std::optional(commit) : std::nullopt;
}

std::optional<fs::path> RepositoryCache::FindSnapshot(std::string_view revision) const {
  const std::optional<std::string> commit = FindCommit(revision);
  if (!commit) return std::nullopt;
  const fs::path snapshot = Snapshot(*commit);
  std::error_code error;
  const fs::directory_iterator first(snapshot, error);
  return !error && first != fs::directory_iterator() ? std::optional(snapshot) : std::nullopt;
}

bool RepositoryCache::HasFile(std::string_view commit, std::string_view file) const {
  std::error_code ignored;
  return fs::is_regular_file(SnapshotFile(commit, file), ignored);
}

bool RepositoryCache::HasFile(std::string_view commit, std::string_view file,
                              const FileFacts& facts) const {
  const fs::path place = SnapshotFile(commit, file);
  std::error_code error;
  const bool link = fs::is_symlink(fs::symlink_status(place, error));
  if (link && (!fs::equivalent(place, Blob(facts.etag), error) || error)) return false;
  return HasFile(commit, file) && fs::file_size(place, error) == facts.size && !error;
}

Status RepositoryCache::PrepareBlob(std::string_view etag) const {
  VETOR_RETURN_IF_ERROR(MakeFolder(Blob(etag).parent_path()));
  return MakeFolder(locks_);
}

Status RepositoryCache::AddToSnapshot(std::string_view commit, std::string_view file,
                                      std::string_view etag, bool link) const {
  const fs::path place = SnapshotFile(commit, file);
  VETOR_RETURN_IF_ERROR(MakeFolder(place.parent_path()));
  fs::path fresh = place;
  fresh += "." + RandomSuffix() + ".tmp";
  std::error_code error;
  if (link) {
    // The link is relative, so that the cache can be moved: blobs lies two folders above a
    // snapshot's files.
    std::string target = "../../";
    for (const char c : file) {
      if (c == '/') target += "../";
    }
    fs::create_symlink(fs::path(target) / "blobs" / etag, fresh, error);
  }
  if (!link || error) fs::copy_file(Blob(etag), fresh, error);
  if (error) return ErrnoError(error.value(), "cannot create", place);
  return Rename(fresh, place);
}

Status RepositoryCache::WriteRef(std::string_view revision, std::string_view commit) const {
  if (revision == commit || !IsPlainRelativePath(revision)) return Status();
  return WriteSmallFile(folder_ / "refs" / revision, commit);
}

Status RepositoryCache::MarkAbsent(std::string_view commit, std::string_view file) const {
  return WriteSmallFile(folder_ / ".no_exist" / commit / file, "");
}

fs::path RepositoryCache::Listing(std::string_view commit) const {
  return folder_ / ".vetor" / (std::string(commit) + ".json");
}

std::optional<std::string> RepositoryCache::FindListing(std::string_view commit) const {
  Result<std::string> text = ReadFile(Listing(commit), kMaxListingBytes);
  return text.ok() ? std::optional(*std::move(text)) : std::nullopt;
}

Status RepositoryCache::KeepListing(std::string_view commit, std::string_view listing) const {
  const std::optional<std::string> kept = FindListing(commit);
  return kept == listing ? Status() : WriteSmallFile(Listing(commit), listing);
}

std::vector<std::string> RepositoryCache::FilesOf(std::string_view commit) const {
  const fs::path snapshot = Snapshot(commit);
  std::vector<std::string> files;
  std::error_code error;
  for (fs::recursive_directory_iterator it(snapshot, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code unreadable;
    if (!it->is_regular_file(unreadable)) continue;
    files.push_back(it->path().lexically_relative(snapshot).generic_string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

fs::path RepositoryCache::NewIncomplete(std::string_view etag) const {
  return folder_ / "blobs" / fmt::format("{}.{}{}", etag, RandomSuffix(), kIncomplete);
}

std::optional<fs::path> RepositoryCache::FindIncomplete(std::string_view etag) const {
  std::optional<fs::path> longest;
  uintmax_t most = 0;
  std::error_code error;
  for (fs::directory_iterator it(folder_ / "blobs", error), end; !error && it != end;
       it.increment(error)) {
    if (!IsIncompleteOf(it->path().filename().string(), etag)) continue;
    std::error_code unreadable;
    // If it were a link, we would write to the file that it names.
    if (!fs::is_regular_file(it->symlink_status(unreadable))) continue;
    const uintmax_t bytes = fs::file_size(it->path(), unreadable);
    if (unreadable || bytes <= most) continue;
    most = bytes;
    longest = it->path();
  }
  return longest;
}

Status RepositoryCache::FinishBlob(const fs::path& incomplete, std::string_view etag) const {
  VETOR_RETURN_IF_ERROR(SyncFile(incomplete));
  VETOR_RETURN_IF_ERROR(Rename(incomplete, Blob(etag)));
  while (const auto left = FindIncomplete(etag)) {
    std::error_code error;
    if (!fs::remove(*left, error)) break;
  }
  return Status();
}

}  // namespace vetor
