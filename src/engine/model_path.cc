#include "engine/model_path.h"

#include <filesystem>
#include <system_error>

#include "hub/hub.h"
#include "hub/protocol.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;

// A dead link and an unreadable folder count as there: the code that reads the path says what is
// wrong.
bool IsThere(const std::string& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

bool NamesFile(const std::string& path) {
  return path.ends_with(".onnx") || path.ends_with(".json");
}

}  // namespace

Result<std::string> ResolveModelPath(const std::string& model, const HubSettings& settings) {
  if (!IsHubId(model) || NamesFile(model) || IsThere(model)) return model;
  if (const auto snapshot = FindCachedModel(model, "main", settings)) return snapshot->string();
  const std::string cache = settings.cache.string();
  return NotFoundError("the model is not there: " + model +
                       " is neither a file or folder nor a model in the hub cache" +
                       (cache.empty()
                            ? ", which has no place because neither HF_HOME nor HOME is set"
                            : " " + cache) +
                       "; correct the path, or run: vetor pull " + model);
}

Result<std::string> ResolveModelPath(const std::string& model) {
  return ResolveModelPath(model, ReadHubSettings());
}

}  // namespace vetor
