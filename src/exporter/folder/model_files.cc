#include "exporter/folder/model_files.h"

#include <string>
#include <system_error>
#include <utility>

#include "base/status_macros.h"
#include "formats/model_config.h"
#include "formats/model_file.h"
#include "formats/model_paths.h"
#include "os/file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

// The depth is bounded, because ParseJson bounds it and this room builds no deeper value.
void AppendJson(const json::value& value, const std::string& indent, std::string* text) {
  const std::string deeper = indent + "  ";
  const char* separator = "";
  if (const json::object* object = value.if_object(); object != nullptr && !object->empty()) {
    *text += '{';
    for (const auto& [key, member] : *object) {
      *text += separator + deeper + json::serialize(key) + ": ";
      AppendJson(member, deeper, text);
      separator = ",";
    }
    *text += indent + '}';
  } else if (const json::array* array = value.if_array(); array != nullptr && !array->empty()) {
    *text += '[';
    for (const json::value& element : *array) {
      *text += separator + deeper;
      AppendJson(element, deeper, text);
      separator = ",";
    }
    *text += indent + ']';
  } else {
    *text += json::serialize(value);
  }
}

}  // namespace

Status WriteModelFile(const fs::path& file, std::string_view bytes) {
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) return ErrnoError(error.value(), "cannot make the folder", file.parent_path());
  VETOR_ASSIGN_OR_RETURN(AtomicFile out, AtomicFile::Create(file));
  VETOR_RETURN_IF_ERROR(out.Write(bytes));
  return out.Commit();
}

Status WriteModelJson(const fs::path& file, const json::value& value) {
  std::string text;
  AppendJson(value, "\n", &text);
  return WriteModelFile(file, text + "\n");
}

Result<json::object> ReadSourceConfig(const fs::path& root, const fs::path& file) {
  VETOR_RETURN_IF_ERROR(CheckInsideModel(root, file));
  return ReadModelConfig(file);
}

Status CopyModelFile(const fs::path& root, const fs::path& from, const fs::path& to) {
  VETOR_RETURN_IF_ERROR(CheckInsideModel(root, from));
  VETOR_ASSIGN_OR_RETURN(const MappedFile file,
                         MapModelFile(from, "a file of the model", "restore the file"));
  return WriteModelFile(to, file.bytes());
}

}  // namespace vetor
