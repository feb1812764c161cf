#include "formats/model_file.h"

#include <algorithm>
#include <cmath>
#include <system_error>
#include <utility>

#include "base/digest.h"
#include "base/json.h"
#include "base/status_macros.h"
#include "base/utf8.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

// What to do about a configuration that is malformed.
constexpr const char* kAgain =
    "; correct it, or take the file again from where the model comes from";
// First line of a pointer file, as docs/spec.md of git-lfs defines it.
constexpr std::string_view kLfsPointerStart = "version https://git-lfs";

Status Missing(const fs::path& path, std::string_view what, std::string_view remedy) {
  std::error_code error;
  const fs::path target = fs::read_symlink(path, error);
  std::string message = std::string(what) + " is not there: " + path.string();
  if (!error) message += " is a link to " + target.string() + ", which does not exist";
  return NotFoundError(message + "; " + std::string(remedy));
}

// The "size" line of an LFS pointer, for the message.
std::string LfsSize(std::string_view pointer) {
  const size_t at = pointer.find("\nsize ");
  if (at == std::string_view::npos) return "the real file";
  const std::string_view rest = pointer.substr(at + 6);
  return "a file of " + std::string(rest.substr(0, rest.find_first_not_of("0123456789"))) +
         " bytes";
}

}  // namespace

bool FileIsThere(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  return fs::exists(status) && !fs::is_directory(path, error);
}

namespace {

// A file of a model, by what can be said without opening it.
struct Named {
  const fs::path& path;
  std::string_view what;
  std::string_view remedy;
};

Status CheckKind(const Named& file) {
  std::error_code error;
  const fs::file_status status = fs::status(file.path, error);
  if (status.type() == fs::file_type::not_found) return Missing(file.path, file.what, file.remedy);
  if (status.type() == fs::file_type::none) {
    return ErrnoError(error.value(), "cannot reach", file.path).WithContext(file.what);
  }
  // Opening a pipe would wait for a writer.
  if (fs::is_regular_file(status)) return Status();
  return InvalidArgumentError(std::string(file.what) + ": " + file.path.string() + " is " +
                              (fs::is_directory(status) ? "a directory" : "a device or pipe") +
                              ", expected a file; " + std::string(file.remedy));
}

Status ExplainOpening(const Status& status) {
  if (status.code() != StatusCode::kPermissionDenied) return status;
  return PermissionDeniedError(status.message() +
                               "; give this user the right to read it (chmod a+r)");
}

Status CheckStart(std::string_view bytes, const Named& file) {
  const std::string name = std::string(file.what) + ": " + file.path.string();
  if (bytes.empty()) return DataLossError(name + " is empty; " + std::string(file.remedy));
  if (!bytes.starts_with(kLfsPointerStart)) return Status();
  return DataLossError(name + " is a Git LFS pointer of " + std::to_string(bytes.size()) +
                       " bytes, expected " + LfsSize(bytes) +
                       "; run `git lfs pull` in its repository, or download the file again");
}

}  // namespace

Result<MappedFile> MapModelFile(const fs::path& path, std::string_view what,
                                std::string_view remedy) {
  const Named named{path, what, remedy};
  VETOR_RETURN_IF_ERROR(CheckKind(named));
  auto file = MappedFile::OpenWatched(path);
  if (!file.ok()) return ExplainOpening(file.status());
  VETOR_RETURN_IF_ERROR(CheckStart(file->bytes(), named));
  return file;
}

Result<std::string> ReadModelFile(const fs::path& path, std::string_view what,
                                  std::string_view remedy) {
  const Named named{path, what, remedy};
  VETOR_RETURN_IF_ERROR(CheckKind(named));
  Result<std::string> bytes = ReadFile(path);
  if (!bytes.ok()) return ExplainOpening(bytes.status());
  VETOR_RETURN_IF_ERROR(CheckStart(*bytes, named));
  return bytes;
}

Status GraphFiles::Unchanged() const {
  VETOR_RETURN_IF_ERROR(graph.Unchanged());
  for (const auto& [location, file] : external) VETOR_RETURN_IF_ERROR(file.Unchanged());
  return Status();
}

namespace {

using Parser = Result<json::value> (*)(std::string_view text, std::string_view what);

Result<json::value> ReadJsonWith(const fs::path& path, Parser parse) {
  std::error_code error;
  const uintmax_t size = fs::file_size(path, error);
  if (!error && size > kMaxModelConfigBytes) {
    return InvalidArgumentError(path.string() + " has " + std::to_string(size) +
                                " bytes, expected a configuration of at most " +
                                std::to_string(kMaxModelConfigBytes) + kAgain);
  }
  VETOR_ASSIGN_OR_RETURN(const std::string bytes,
                         ReadModelFile(path, "the model's configuration", "restore the file"));
  std::string_view text = bytes;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  Result<json::value> value = parse(text, path.string());
  if (value.ok()) return value;
  return Status(value.status().code(), value.status().message() + kAgain);
}

Result<json::object> AsObject(Result<json::value> value, const fs::path& path) {
  if (!value.ok()) return std::move(value).status();
  if (!value->is_object()) {
    return InvalidArgumentError(path.string() + ": expected a JSON object, found " +
                                JsonTypeName(*value) + kAgain);
  }
  return std::move(value->get_object());
}

}  // namespace

Result<json::value> ReadModelJson(const fs::path& path) { return ReadJsonWith(path, ParseJson); }

Result<json::object> ReadModelConfig(const fs::path& path) {
  return AsObject(ReadJsonWith(path, ParseJson), path);
}

Result<json::object> ReadModelConfigAsPython(const fs::path& path) {
  return AsObject(ReadJsonWith(path, ParseJsonAsPython), path);
}

namespace {

Status WrongType(const fs::path& where, std::string_view key, std::string_view expected,
                 const json::value& found) {
  return InvalidArgumentError(where.string() + ": \"" + std::string(key) + "\" must be " +
                              std::string(expected) + ", found " + JsonTypeName(found) + kAgain);
}

const json::value* Member(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

}  // namespace

Result<bool> BoolMember(const json::object& object, std::string_view key, bool fallback,
                        const fs::path& where) {
  const json::value* value = Member(object, key);
  if (value == nullptr) return fallback;
  // Python takes 0 and 1 for false and true.
  const int64_t* number = value->if_int64();
  if (number != nullptr && (*number == 0 || *number == 1)) return *number == 1;
  if (!value->is_bool()) return WrongType(where, key, "true or false", *value);
  return value->get_bool();
}

Result<std::string> StringMember(const json::object& object, std::string_view key,
                                 std::string_view fallback, const fs::path& where) {
  const json::value* value = Member(object, key);
  if (value == nullptr) return std::string(fallback);
  if (!value->is_string()) return WrongType(where, key, "a string", *value);
  return std::string(std::string_view(value->get_string()));
}

Result<int64_t> WholeMember(const json::object& object, std::string_view key, int64_t fallback,
                            const fs::path& where) {
  const json::value* value = Member(object, key);
  if (value == nullptr) return fallback;
  if (value->is_int64()) return value->get_int64();
  if (value->is_uint64()) return fallback;  // Above 2^63: nobody's length.
  if (!value->is_double()) return WrongType(where, key, "a number", *value);
  const double number = value->get_double();
  constexpr double kExact = 9007199254740992.0;  // 2^53
  const bool whole = std::abs(number) <= kExact && std::trunc(number) == number;
  return whole ? static_cast<int64_t>(number) : fallback;
}

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
