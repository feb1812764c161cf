// The one table of settings. Config keys, environment variables, command flags, Python keywords,
// the JSON Schema and the checks all derive from it.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "vetor/embeddings_config.h"
#include "vetor/status.h"

namespace vetor {

enum class SettingType { kBool, kInteger, kNumber, kString, kStringList };

using SettingValue = std::variant<bool, int64_t, double, std::string, std::vector<std::string>>;

struct Setting {
  const char* key;          ///< "ai.onnx.model_path"
  SettingType type;
  const char* description;  ///< One sentence: what it does and when to change it.
  std::vector<std::string> choices;         ///< Allowed strings; empty: any.
  std::optional<double> minimum, maximum;   ///< Allowed numbers, inclusive.
  SettingValue default_value;               ///< As Get gives it on EmbeddingsConfig{}.
  SettingValue (*get)(const EmbeddingsConfig&);
  void (*set)(EmbeddingsConfig*, SettingValue);  ///< REQUIRES: a value that CheckSetting accepts.

  std::string flag() const;         ///< "--model-path" style: last parts, unique over the table.
  std::string environment() const;  ///< "VETOR_AI_ONNX_MODEL_PATH"
  std::string python() const;       ///< "onnx_model_path"
};

std::span<const Setting> SettingsTable();

/// Type and range. The error names `origin` (file and key, flag, variable), value and what is
/// allowed.
Status CheckSetting(const Setting& setting, const SettingValue& value, std::string_view origin);

/// Parses text from a flag or an environment variable ("true", "1024", "cpu,cuda").
Result<SettingValue> ParseSetting(const Setting& setting, std::string_view text,
                                  std::string_view origin);

/// "a warning that names the nearest known key".
std::string NearestName(std::string_view name, std::span<const std::string> known);

}  // namespace vetor
