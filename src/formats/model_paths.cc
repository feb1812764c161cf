#include "formats/model_paths.h"

#include <algorithm>
#include <system_error>

#include "base/terminal_text.h"
#include "os/file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

}  // namespace

Result<fs::path> InsideFolder(const fs::path& folder, std::string_view relative,
                              const fs::path& named_by) {
  const fs::path path(relative);
  bool leaves = path.is_absolute() || relative.find('\0') != std::string_view::npos;
  for (const fs::path& part : path) leaves = leaves || part == "..";
  if (leaves) {
    return InvalidArgumentError(named_by.string() + ": path " + Quoted(relative) +
                                " leaves the model's folder; expected a path inside " +
                                folder.string() +
                                " (do not use this model: its files ask for "
                                "others of this machine)");
  }
  return folder / path;
}

Status CheckInsideModel(const fs::path& root, const fs::path& file) {
  std::error_code error;
  const fs::path real = fs::canonical(file, error);
  if (error) return Status();
  const fs::path folder = fs::canonical(root.empty() ? "." : root, error);
  if (error) return ErrnoError(error.value(), "cannot reach", root);
  const auto [end, unused] = std::mismatch(folder.begin(), folder.end(), real.begin(), real.end());
  if (end == folder.end()) return Status();
  // REPOSITORY/snapshots/COMMIT/FILE -> ../../blobs/ETAG. All links are followed in `folder` and
  // `real`, so neither blobs nor a file in it can be a link to another place.
  const fs::path snapshots = folder.parent_path();
  const bool is_snapshot = snapshots.filename() == "snapshots";
  if (is_snapshot && real.parent_path() == snapshots.parent_path() / "blobs") return Status();
  return InvalidArgumentError(file.string() + " leads by a link to " + real.string() +
                              ", expected a file inside the model's folder " + folder.string() +
                              "; links that leave it are not followed: copy the file there if it "
                              "belongs to the model, or copy the whole folder with cp -rL");
}

}  // namespace vetor
