#include "os/json_file.h"

#include <string>

#include "base/json.h"
#include "base/status_macros.h"
#include "os/file.h"

namespace vetor {

Result<boost::json::value> ReadJsonFile(const std::filesystem::path& path, uint64_t max_bytes) {
  VETOR_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, max_bytes));
  std::string_view body = text;
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  return ParseJson(body, path.string());
}

}  // namespace vetor
