// config_sentence_transformers.json: prompts by name, the default one, a width to cut to, and how
// vectors are compared.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "vetor/status.h"

namespace vetor {

struct PromptConfig {
  std::map<std::string, std::string> prompts;  ///< Name to text.
  std::string default_name;                    ///< Empty: none.
  int truncate_dim = 0;                        ///< 0: none.
  std::string similarity;  ///< similarity_fn_name: "cosine", "dot", ...; empty: not said.
};

/// An empty PromptConfig if the folder has no such file. INVALID_ARGUMENT if a prompt is not a
/// string, the default prompt is not among them, or the width is not positive.
Result<PromptConfig> ReadPromptConfig(const std::filesystem::path& folder);

}  // namespace vetor
