#include "exporter/folder/export_record.h"

#include <boost/json.hpp>
#include <system_error>
#include <utility>

#include "base/base64.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "exporter/folder/model_files.h"
#include "exporter/folder/probe_texts.h"
#include "os/file.h"
#include "os/file_digest.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

Result<json::object> DescribeFiles(const fs::path& folder) {
  std::map<std::string, fs::path> files;  // Sorted by name, so that equal exports are equal files.
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().lexically_relative(folder).generic_string();
    if (entry->is_regular_file(error) && name != kExportRecordName) files[name] = entry->path();
  }
  if (error) return ErrnoError(error.value(), "cannot list", folder);
  json::object described;
  for (const auto& [name, path] : files) {
    VETOR_ASSIGN_OR_RETURN(const Sha256Digest digest, Sha256File(path));
    const uint64_t bytes = fs::file_size(path, error);
    if (error) return ErrnoError(error.value(), "cannot stat", path);
    described[name] = {{"sha256", Hex(digest)}, {"bytes", bytes}};
  }
  return described;
}

std::string Base64Of(const std::vector<float>& vector) {
  return EncodeBase64(
      {reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float)});
}

json::object DescribeProbes(const ExportRecord& record) {
  json::array texts;
  for (const std::string_view text : ProbeTexts()) texts.emplace_back(text);
  json::object graphs;
  for (const auto& [name, probes] : record.graphs) {
    json::array vectors;
    for (const std::vector<float>& vector : probes.vectors) vectors.emplace_back(Base64Of(vector));
    json::object graph = {{"precision", probes.precision}, {"vectors", std::move(vectors)}};
    if (!probes.ranges.least.empty()) {
      graph["ranges"] = {Base64Of(probes.ranges.least), Base64Of(probes.ranges.greatest)};
    }
    graphs[name] = std::move(graph);
  }
  return {{"texts", std::move(texts)}, {"graphs", std::move(graphs)}};
}

}  // namespace

Status WriteExportRecord(const fs::path& folder, const ExportRecord& record) {
  for (const auto& [name, probes] : record.graphs) {
    if (probes.vectors.size() != ProbeTexts().size()) {
      return InternalError("the record of " + name + " has " +
                           std::to_string(probes.vectors.size()) + " probe vectors, expected " +
                           std::to_string(ProbeTexts().size()));
    }
  }
  VETOR_ASSIGN_OR_RETURN(json::object files, DescribeFiles(folder));
  return WriteModelJson(
      folder / kExportRecordName,
      json::object{{"format", 1},
                   {"source", record.source},
                   {"revision", record.revision},
                   {"family", record.family},
                   {"opset", record.opset},
                   {"created_by", "vetor " VETOR_VERSION},
                   {"notes", json::array(record.notes.begin(), record.notes.end())},
                   {"files", std::move(files)},
                   {"probes", DescribeProbes(record)}});
}

}  // namespace vetor
