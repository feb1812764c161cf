#include "formats/model_config.h"

#include <cmath>
#include <system_error>
#include <utility>

#include "base/json.h"
#include "base/status_macros.h"
#include "formats/model_file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

// The remedy for a configuration that is malformed.
constexpr const char* kAgain =
    "; correct it, or take the file again from where the model comes from";

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
  if (value->is_uint64()) return fallback;  // A number above 2^63 is not a length.
  if (!value->is_double()) return WrongType(where, key, "a number", *value);
  const double number = value->get_double();
  constexpr double kExact = 9007199254740992.0;  // This is 2^53.
  const bool whole = std::abs(number) <= kExact && std::trunc(number) == number;
  return whole ? static_cast<int64_t>(number) : fallback;
}

}  // namespace vetor
