#include "model/prompts.h"

#include <limits>

#include "base/json.h"
#include "base/status_macros.h"
#include "base/terminal_text.h"
#include "formats/model_config.h"
#include "formats/model_file.h"

namespace vetor {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

Status ReadPrompts(const json::value& value, const fs::path& where, PromptConfig* config) {
  if (!value.is_object()) {
    return InvalidArgumentError(where.string() + ": \"prompts\" must be an object, found " +
                                JsonTypeName(value));
  }
  for (const auto& [name, text] : value.get_object()) {
    if (text.is_null()) continue;  // As sentence-transformers: the same as no prompt.
    if (!text.is_string()) {
      return InvalidArgumentError(where.string() + ": prompt " + Quoted(name) +
                                  " must be a string, found " + JsonTypeName(text));
    }
    config->prompts[std::string(name)] = std::string(std::string_view(text.get_string()));
  }
  return Status();
}

}  // namespace

Result<PromptConfig> ReadPromptConfig(const fs::path& folder) {
  PromptConfig config;
  const fs::path where = folder / "config_sentence_transformers.json";
  if (!FileIsThere(where)) return config;
  VETOR_ASSIGN_OR_RETURN(const json::object object, ReadModelConfig(where));
  const json::value* prompts = object.if_contains("prompts");
  if (prompts != nullptr && !prompts->is_null()) {
    VETOR_RETURN_IF_ERROR(ReadPrompts(*prompts, where, &config));
  }
  VETOR_ASSIGN_OR_RETURN(config.default_name,
                         StringMember(object, "default_prompt_name", "", where));
  if (!config.default_name.empty() && !config.prompts.contains(config.default_name)) {
    return InvalidArgumentError(where.string() + ": default_prompt_name is " +
                                Quoted(config.default_name) + ", which is not among its prompts");
  }
  VETOR_ASSIGN_OR_RETURN(config.similarity, StringMember(object, "similarity_fn_name", "", where));
  VETOR_ASSIGN_OR_RETURN(const int64_t dim, WholeMember(object, "truncate_dim", 0, where));
  if (dim < 0 || dim > std::numeric_limits<int>::max()) {
    return InvalidArgumentError(where.string() + ": truncate_dim is " + std::to_string(dim) +
                                ", expected a positive number");
  }
  config.truncate_dim = static_cast<int>(dim);
  return config;
}

}  // namespace vetor
