#include "model/external_data.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>

#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/model_file.h"
#include "formats/onnx/graph_files.h"
#include "os/file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDistrust =
    "; do not use this model unless you know why its weights lie there: copy them beside the graph";

Status Escapes(const fs::path& graph_path, std::string_view location, const std::string& why) {
  return InvalidArgumentError(graph_path.string() + ": external data " + Quoted(location) + " " +
                              why + ", expected a file inside " +
                              graph_path.parent_path().string() + std::string(kDistrust));
}

bool IsInside(const fs::path& file, const fs::path& folder) {
  const auto [end, unused] = std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
  return end == folder.end();
}

// Both are paths without links.
bool MayRead(const fs::path& file, const fs::path& graph_path) {
  std::error_code error;
  const fs::path folder =
      fs::canonical(graph_path.has_parent_path() ? graph_path.parent_path() : ".", error);
  if (!error && IsInside(file, folder)) return true;
  // REPOSITORY/snapshots/COMMIT/FILE -> ../../blobs/ETAG, be the graph such a link or a file. All
  // links are followed in both paths, so neither blobs nor a file in it leads to another place.
  const fs::path blobs = fs::canonical(graph_path, error).parent_path();
  if (!error && blobs.filename() == "blobs" && file.parent_path() == blobs) return true;
  if (error || file.parent_path().filename() != "blobs") return false;
  const fs::path repository = file.parent_path().parent_path();
  return IsInside(folder, repository / "snapshots");
}

Result<MappedFile> OpenFile(const fs::path& graph_path, const std::string& location,
                            uint64_t needed_bytes) {
  const fs::path relative(location);
  bool climbs = location.empty() || location.find('\0') != std::string::npos;
  for (const fs::path& part : relative) climbs = climbs || part == "..";
  if (relative.is_absolute()) return Escapes(graph_path, location, "is an absolute path");
  if (climbs) return Escapes(graph_path, location, "leaves the model's folder");

  const fs::path path = graph_path.parent_path() / relative;
  std::error_code error;
  const fs::path real = fs::canonical(path, error);
  if (error) {
    return NotFoundError(graph_path.string() + ": its external data " + Quoted(location) +
                         " is not there (" + error.message() +
                         "); a graph with external data needs all of its files: copy it there");
  }
  if (!MayRead(real, graph_path)) {
    return Escapes(graph_path, location, "is a link to " + real.string());
  }
  VETOR_ASSIGN_OR_RETURN(MappedFile file,
                         MapModelFile(path, "external data", "copy the file there again"));
  const uintmax_t links = fs::hard_link_count(real, error);
  if (error || links != 1) {
    return Escapes(
        graph_path, location,
        "has " + std::to_string(links) + " hard links and may be another file of this machine");
  }
  if (file.bytes().size() < needed_bytes) {
    return DataLossError(path.string() + " has " + std::to_string(file.bytes().size()) +
                         " bytes, expected at least " + std::to_string(needed_bytes) +
                         " for the tensors that " + graph_path.string() +
                         " keeps there; download or export it again");
  }
  return file;
}

}  // namespace

Result<std::map<std::string, MappedFile>> OpenExternalData(const fs::path& graph_path,
                                                           const OnnxGraph& graph) {
  std::map<std::string, MappedFile> files;
  for (const auto& [location, bytes] : graph.external_bytes) {
    VETOR_ASSIGN_OR_RETURN(MappedFile file, OpenFile(graph_path, location, bytes));
    files.emplace(location, std::move(file));
  }
  return files;
}

Result<GraphFiles> OpenGraphFiles(const fs::path& graph_path, OnnxGraph* graph) {
  GraphFiles files;
  VETOR_ASSIGN_OR_RETURN(
      files.graph, MapModelFile(graph_path, "the model's graph", "download or export it again"));
  VETOR_ASSIGN_OR_RETURN(*graph, ReadOnnxGraph(files.graph.bytes(), graph_path.string()));
  files.view = graph->view;
  VETOR_ASSIGN_OR_RETURN(files.external, OpenExternalData(graph_path, *graph));
  return files;
}

}  // namespace vetor
