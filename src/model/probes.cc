#include "model/probes.h"

#include <boost/json.hpp>
#include <cmath>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/base64.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/model_config.h"
#include "formats/model_file.h"
#include "formats/model_paths.h"
#include "os/file.h"
#include "os/file_digest.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr const char* kRecordName = "vetor_model.json";
constexpr int64_t kFormat = 1;
constexpr const char* kRemedy =
    "; export or fetch the model again, or delete vetor_model.json to use it unchecked";
constexpr double kLeastCosine = 0.9999;
constexpr double kLeastCosineInt8 = 0.999;

Status Malformed(const fs::path& where, std::string_view what) {
  return InvalidArgumentError(where.string() + ": " + std::string(what) + kRemedy);
}

// nullopt without a record of a format that this version knows.
Result<std::optional<json::object>> ReadRecord(const fs::path& folder) {
  const fs::path where = folder / kRecordName;
  std::optional<json::object> record;
  if (!FileIsThere(where)) return record;
  VETOR_ASSIGN_OR_RETURN(json::object object, ReadModelConfig(where));
  VETOR_ASSIGN_OR_RETURN(const int64_t format, WholeMember(object, "format", 0, where));
  if (format < 1) return Malformed(where, "it has no \"format\"");
  if (format == kFormat) record = std::move(object);
  return record;
}

// The record's entry of one file; null if the file is not listed.
const json::object* RecordedFile(const json::object& record, std::string_view name) {
  const json::value* files = record.if_contains("files");
  if (files == nullptr || !files->is_object()) return nullptr;
  const json::value* file = files->get_object().if_contains(name);
  return file == nullptr ? nullptr : file->if_object();
}

Status CheckSize(const fs::path& folder, const json::object& record, const std::string& name) {
  const json::object* recorded = RecordedFile(record, name);
  if (recorded == nullptr) return Status();
  VETOR_ASSIGN_OR_RETURN(const int64_t expected,
                         WholeMember(*recorded, "bytes", -1, folder / kRecordName));
  if (expected < 0) return Malformed(folder / kRecordName, "a file has no \"bytes\"");
  std::error_code error;
  const uint64_t found = fs::file_size(folder / name, error);
  // A file that is gone is reported by the code that needs it.
  if (error || static_cast<uint64_t>(expected) == found) return Status();
  return DataLossError((folder / name).string() + " has " + std::to_string(found) +
                       " bytes, expected " + std::to_string(expected) +
                       " as it was exported: it was changed or cut" + kRemedy);
}

Result<std::vector<float>> ReadVector(const json::value& value, const fs::path& where) {
  if (!value.is_string()) return Malformed(where, "a probe vector is not a string");
  const auto bytes = DecodeBase64(value.get_string());
  if (!bytes.ok() || bytes->empty() || bytes->size() % sizeof(float) != 0) {
    return Malformed(where, "a probe vector is not base64 of float32");
  }
  std::vector<float> vector(bytes->size() / sizeof(float));
  std::memcpy(vector.data(), bytes->data(), bytes->size());
  return vector;
}

Result<std::vector<std::string>> ReadTexts(const json::object& probes, const fs::path& where) {
  std::vector<std::string> texts;
  const json::value* list = probes.if_contains("texts");
  if (list == nullptr || !list->is_array()) return Malformed(where, "its probes have no \"texts\"");
  for (const json::value& text : list->get_array()) {
    if (!text.is_string()) return Malformed(where, "a probe text is not a string");
    texts.emplace_back(std::string_view(text.get_string()));
  }
  return texts;
}

// An array of two vectors, the least and the greatest values.
Result<ComponentRanges> ReadRanges(const json::value& value, size_t dim, const fs::path& where) {
  if (!value.is_array() || value.get_array().size() != 2) {
    return Malformed(where, "a graph's \"ranges\" are not two vectors");
  }
  ComponentRanges ranges;
  VETOR_ASSIGN_OR_RETURN(ranges.least, ReadVector(value.get_array()[0], where));
  VETOR_ASSIGN_OR_RETURN(ranges.greatest, ReadVector(value.get_array()[1], where));
  if (ranges.least.size() != dim || ranges.greatest.size() != dim) {
    return Malformed(where, "a graph's \"ranges\" and its vectors differ in length");
  }
  for (size_t i = 0; i < dim; ++i) {
    const bool finite = std::isfinite(ranges.least[i]) && std::isfinite(ranges.greatest[i]);
    if (!finite || ranges.least[i] > ranges.greatest[i]) {
      return Malformed(where, "a range of a graph's \"ranges\" is not finite or ends too early");
    }
  }
  return ranges;
}

Result<Probes> ReadGraphProbes(const json::object& probes, const json::object& graph,
                               const fs::path& where) {
  Probes result;
  VETOR_ASSIGN_OR_RETURN(result.texts, ReadTexts(probes, where));
  VETOR_ASSIGN_OR_RETURN(const std::string precision, StringMember(graph, "precision", "", where));
  result.least_cosine = precision == "int8" ? kLeastCosineInt8 : kLeastCosine;
  const json::value* vectors = graph.if_contains("vectors");
  if (vectors == nullptr || !vectors->is_array()) {
    return Malformed(where, "a graph's probes have no \"vectors\"");
  }
  for (const json::value& vector : vectors->get_array()) {
    VETOR_ASSIGN_OR_RETURN(std::vector<float> floats, ReadVector(vector, where));
    result.vectors.push_back(std::move(floats));
    if (result.vectors.back().size() != result.vectors.front().size()) {
      return Malformed(where, "probe vectors differ in length");
    }
  }
  if (result.vectors.size() != result.texts.size()) {
    return Malformed(where, "it does not have one probe vector per text");
  }
  const json::value* ranges = graph.if_contains("ranges");
  if (ranges == nullptr || result.vectors.empty()) return result;
  VETOR_ASSIGN_OR_RETURN(result.ranges, ReadRanges(*ranges, result.vectors[0].size(), where));
  return result;
}

}  // namespace

Result<std::optional<Probes>> ReadProbes(const fs::path& folder, const fs::path& graph) {
  std::optional<Probes> none;
  const fs::path where = folder / kRecordName;
  VETOR_ASSIGN_OR_RETURN(const std::optional<json::object> record, ReadRecord(folder));
  if (!record) return none;
  const std::string name = graph.lexically_relative(folder).generic_string();
  const json::value* probes = record->if_contains("probes");
  const json::value* graphs = probes != nullptr && probes->is_object()
                                  ? probes->get_object().if_contains("graphs")
                                  : nullptr;
  if (graphs == nullptr || !graphs->is_object()) return Malformed(where, "it has no probes");
  const json::value* of_graph = graphs->get_object().if_contains(name);
  if (of_graph == nullptr) return none;
  if (!of_graph->is_object()) return Malformed(where, "a graph's probes are not an object");
  for (const std::string& file : {name, name + "_data", std::string("tokenizer.json")}) {
    VETOR_RETURN_IF_ERROR(CheckSize(folder, *record, file));
  }
  VETOR_ASSIGN_OR_RETURN(Probes result,
                         ReadGraphProbes(probes->get_object(), of_graph->get_object(), where));
  result.graph = graph;
  return std::optional<Probes>(std::move(result));
}

Result<std::optional<RecordedFiles>> VerifyRecordedFiles(const fs::path& folder) {
  std::optional<RecordedFiles> verified;
  const fs::path where = folder / kRecordName;
  VETOR_ASSIGN_OR_RETURN(const std::optional<json::object> record, ReadRecord(folder));
  if (!record) return verified;
  const json::value* files = record->if_contains("files");
  if (files == nullptr || !files->is_object()) return Malformed(where, "it lists no files");
  verified.emplace();
  for (const auto& [name, entry] : files->get_object()) {
    if (!entry.is_object()) return Malformed(where, "a file's entry is not an object");
    VETOR_ASSIGN_OR_RETURN(const std::string expected,
                           StringMember(entry.get_object(), "sha256", "", where));
    VETOR_ASSIGN_OR_RETURN(const fs::path path, InsideFolder(folder, name, where));
    VETOR_ASSIGN_OR_RETURN(const MappedFile file,
                           MapModelFile(path, "a file of the model", "export the model again"));
    VETOR_ASSIGN_OR_RETURN(const Sha256Digest digest, Sha256File(path));
    const std::string found = Hex(digest);
    if (found != expected) {
      return DataLossError(path.string() + " has SHA-256 " + found + ", expected " +
                           Quoted(expected) + " as it was exported: it was changed" + kRemedy);
    }
    ++verified->count;
    verified->bytes += file.bytes().size();
  }
  return verified;
}

}  // namespace vetor
