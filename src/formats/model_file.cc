#include "formats/model_file.h"

#include <system_error>

#include "base/status_macros.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

// The first line of a pointer file, as docs/spec.md of git-lfs defines it.
constexpr std::string_view kLfsPointerStart = "version https://git-lfs";

Status Missing(const fs::path& path, std::string_view what, std::string_view remedy) {
  std::error_code error;
  const fs::path target = fs::read_symlink(path, error);
  std::string message = std::string(what) + " is not there: " + path.string();
  if (!error) message += " is a link to " + target.string() + ", which does not exist";
  return NotFoundError(message + "; " + std::string(remedy));
}

// The number in the "size" line of an LFS pointer, for the message.
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

// The facts of a model's file that need no opening of it.
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

}  // namespace vetor
