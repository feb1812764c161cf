// The one table of settings: what each is called in config.json, in the environment, on the command
// line and in Python, what it accepts, and what it does.
//
// The flags of the command, the JSON Schema, the checks of every reader and the pages about
// settings are made of this table, so a program that shows or reads settings of its own accord can
// be too:
//
//   vetor::EmbeddingsConfig config;
//   for (const vetor::Setting& setting : vetor::SettingsTable()) {
//     std::cout << setting.key << ' ' << setting.flag() << ": " << setting.description << '\n';
//   }
//   const vetor::Setting* batch_size = vetor::FindSetting("ai.batch_size");
//   auto value = vetor::ParseSetting(*batch_size, "64", "the form's field");
//   if (!value.ok()) return Fail(value.status());  // "the form's field: ..., expected ..."
//   batch_size->set(&config, *std::move(value));
//
// The settings of `vetor serve` are rows of a table of their own, which no other command and not
// EmbeddingsConfig has. Types and defaults derive from EmbeddingsConfig and ServerConfig.
// Everything here is immutable after first use and safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "vetor/embeddings_config.h"
#include "vetor/server_config.h"
#include "vetor/status.h"

namespace vetor {

/// The type of a setting's value. kNumber is a floating-point number.
enum class SettingType { kBool, kInteger, kNumber, kString, kStringList };

/// std::monostate is "unset", which only a setting whose default is unset can be (`ai.backend`,
/// `ai.dim`, `ai.cache.dir`).
using SettingValue =
    std::variant<std::monostate, bool, int64_t, double, std::string, std::vector<std::string>>;

/// How the text of a setting, or each item of its list, must look.
enum class SettingForm {
  kAnyText,   ///< Anything without a NUL character; not empty if the default is a text that is not,
              ///< or if it is an item of a list.
  kChoice,    ///< One of `choices`.
  kSum,       ///< Empty, or some of `choices` joined with '+'.
  kProvider,  ///< An execution provider of ONNX Runtime by a short name, an alias or its full name.
};

/// What every row of a table says.
struct SettingRow {
  const char* key = "";  ///< "ai.onnx.model_path"
  SettingType type = SettingType::kString;
  const char* description = "";  ///< One sentence: what it does and when to change it.
  SettingForm form = SettingForm::kAnyText;
  std::vector<std::string> choices;        ///< For kChoice, kSum; for kProvider the full names.
  std::optional<double> minimum, maximum;  ///< Allowed numbers, inclusive; set for every number.
  SettingValue default_value;              ///< What `get` gives on a default configuration.

  /// "--cache-max-mb", "--model-path", "--port": the key without `ai`, `onnx` and `server`. Others
  /// differ: a list is in the singular ("--provider", "--allowed-host"; one per flag, or several
  /// with commas), and `ai.onnx.enabled` keeps its section. Unique over both tables.
  std::string flag() const;
  std::string environment() const;  ///< "VETOR_AI_ONNX_MODEL_PATH"
  std::string python() const;       ///< "onnx_model_path": the key without `ai`.
  bool names_path() const;          ///< Its text is the path of a file or folder.
};

/// A setting of EmbeddingsConfig.
struct Setting : SettingRow {
  SettingValue (*get)(const EmbeddingsConfig&) = nullptr;
  /// REQUIRES: a value that CheckSetting accepts.
  void (*set)(EmbeddingsConfig*, SettingValue) = nullptr;
};

/// A setting of ServerConfig; its key begins with `ai.server.`. Python has none of them.
struct ServerSetting : SettingRow {
  SettingValue (*get)(const ServerConfig&) = nullptr;
  /// REQUIRES: a value that CheckSetting accepts.
  void (*set)(ServerConfig*, SettingValue) = nullptr;
};

/// All settings, section by section. The tables live as long as the process.
std::span<const Setting> SettingsTable();
std::span<const ServerSetting> ServerSettingsTable();

/// The setting of that key ("ai.dim", "ai.server.port"), or null.
const Setting* FindSetting(std::string_view key);
const ServerSetting* FindServerSetting(std::string_view key);

/// The values that a setting accepts, in words: "a whole number from 1 to 65536".
std::string DescribeAllowed(const SettingRow& setting);

/// Type, range and form. INVALID_ARGUMENT names `origin` ("config.json: ai.dim", a flag or a
/// variable), the value and what is allowed.
Status CheckSetting(const SettingRow& setting, const SettingValue& value, std::string_view origin);

/// CheckSetting of each setting of `config`, whoever filled it. INVALID_ARGUMENT names the first
/// that is not allowed by its key. All functions that take an EmbeddingsConfig begin with it.
Status CheckConfig(const EmbeddingsConfig& config);

/// The same for a server, and what one setting means for another: a certificate needs its key.
Status CheckServerConfig(const ServerConfig& config);

/// The INVALID_ARGUMENT of a value that is not allowed, for readers of other formats. `value` is as
/// the user wrote it; a long one is cut.
Status SettingError(const SettingRow& setting, std::string_view value, std::string_view origin);

/// Parses text from a flag or an environment variable ("true", "1024", "cpu,cuda") and checks it.
/// Truths are true/false, yes/no, on/off, 1/0 in any case.
Result<SettingValue> ParseSetting(const SettingRow& setting, std::string_view text,
                                  std::string_view origin);

}  // namespace vetor
