// The faults of a model's files before anything is read from them: absent, a directory, a
// dead link, empty, a Git LFS pointer, unreadable. Each has its own words and remedy.
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/terminal_text.h"
#include "os/file.h"
#include "vetor/status.h"

namespace vetor {

class OnnxGraphView;

/// Configuration files of a model are a few kB; a larger file is not a configuration.
inline constexpr uint64_t kMaxModelConfigBytes = 16ULL << 20;

/// A watched map of a regular file with content. `what` ("the model graph") and `remedy` go into
/// the message. Errors: NOT_FOUND (with the target of a dead link), INVALID_ARGUMENT (not a regular
/// file), PERMISSION_DENIED, DATA_LOSS (empty, or a Git LFS pointer).
Result<MappedFile> MapModelFile(const std::filesystem::path& path, std::string_view what,
                                std::string_view remedy);

/// The same, read into memory: for small files, of which no map may be cut under a reader.
Result<std::string> ReadModelFile(const std::filesystem::path& path, std::string_view what,
                                  std::string_view remedy);

/// An .onnx file and the files that its external data lies in, mapped once, when the model is read:
/// fingerprint, checks and every session take their bytes from here. So a file that is replaced by
/// renaming changes nothing until the model is opened again, and one that is written into is
/// noticed.
struct GraphFiles {
  MappedFile graph;
  std::map<std::string, MappedFile> external;  ///< By location, as the graph writes it.
  /// The content of `graph`, read once when the files are opened (formats/onnx/graph_view.h).
  std::shared_ptr<const OnnxGraphView> view = nullptr;

  /// DATA_LOSS that names the file, see MappedFile. Half a microsecond per file.
  Status Unchanged() const;
};

/// True when there is something at `path` that is not a directory, a dead link included: such a
/// file shall be reported, not passed over.
bool FileIsThere(const std::filesystem::path& path);

/// Reads a JSON file of at most kMaxModelConfigBytes. Errors as
/// MapModelFile, and INVALID_ARGUMENT for a file that is not JSON.
Result<boost::json::value> ReadModelJson(const std::filesystem::path& path);

/// The same for a file that must hold an object.
Result<boost::json::object> ReadModelConfig(const std::filesystem::path& path);

/// The same, read as Python does (ParseJsonAsPython): for the files of a tokenizer, which
/// transformers lets decide whatever Python takes for JSON.
Result<boost::json::object> ReadModelConfigAsPython(const std::filesystem::path& path);

/// Members of a configuration object; `where` is its file. Absent and null give `fallback`; another
/// type is INVALID_ARGUMENT naming file, key, expected and found. 0 and 1 are false and true.
Result<bool> BoolMember(const boost::json::object& object, std::string_view key, bool fallback,
                        const std::filesystem::path& where);
Result<std::string> StringMember(const boost::json::object& object, std::string_view key,
                                 std::string_view fallback, const std::filesystem::path& where);
/// Numbers that are whole, also when written as 512.0; others (1e30, 0.5) give `fallback`.
Result<int64_t> WholeMember(const boost::json::object& object, std::string_view key,
                            int64_t fallback, const std::filesystem::path& where);

/// `relative` under `folder`, as long as it stays there: INVALID_ARGUMENT for an absolute path or
/// one with "..". Purely lexical. `named_by` is the file in which the path stands.
Result<std::filesystem::path> InsideFolder(const std::filesystem::path& folder,
                                           std::string_view relative,
                                           const std::filesystem::path& named_by);

/// OK if `file` lies inside `root`, a model's folder, once all links are followed. In a hub cache,
/// whose files are links, the blobs of the same repository are inside too. INVALID_ARGUMENT for a
/// file elsewhere: a folder from a stranger may link to any file of this machine, and a model
/// that is made from the folder is often published. OK for a file that is not there, which its
/// reader reports.
Status CheckInsideModel(const std::filesystem::path& root, const std::filesystem::path& file);

}  // namespace vetor
