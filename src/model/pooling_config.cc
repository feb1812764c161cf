#include "model/pooling_config.h"

#include <string>
#include <string_view>

#include "base/status_macros.h"
#include "formats/model_config.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

Result<std::vector<PoolingMode>> ReadModeNames(const json::value& value, const fs::path& where) {
  const json::array list = value.is_array() ? value.get_array() : json::array{value};
  std::string names;
  bool strings = !list.empty();
  for (const json::value& name : list) {
    strings = strings && name.is_string();
    if (!strings) break;
    names += (names.empty() ? "" : "+") + std::string(std::string_view(name.get_string()));
  }
  if (!strings) {
    return InvalidArgumentError(where.string() +
                                ": \"pooling_mode\" must be a name or a list of names");
  }
  auto modes = ParsePoolingModes(names);
  if (!modes.ok()) return modes.status().WithContext(where.string());
  return modes;
}

}  // namespace

Result<std::vector<PoolingMode>> ReadPoolingModes(const json::object& config,
                                                  const fs::path& where) {
  if (const json::value* names = config.if_contains("pooling_mode")) {
    return ReadModeNames(*names, where);
  }
  std::vector<PoolingMode> modes;
  for (const PoolingModeNames& known : kPoolingModes) {
    VETOR_ASSIGN_OR_RETURN(const bool active, BoolMember(config, known.boolean_key, false, where));
    if (active) modes.push_back(known.mode);
  }
  if (modes.empty()) modes.push_back(PoolingMode::kMean);
  return modes;
}

}  // namespace vetor
