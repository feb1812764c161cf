// The settings of config.json as command flags. They are derived from the table of settings, so
// that a new setting needs no change here.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "vetor/config_file.h"
#include "vetor/settings.h"
#include "vetor/status.h"

namespace vetor::cli {

/// Registers the flags on one command and, after parsing, resolves all sources. Must outlive the
/// command's parsing. Not copyable: CLI11 keeps a pointer into it.
class SettingsFlags {
 public:
  SettingsFlags() = default;
  SettingsFlags(const SettingsFlags&) = delete;
  SettingsFlags& operator=(const SettingsFlags&) = delete;

  /// --config, and a flag for each setting; only for the settings with these keys, if any are
  /// given. `ai.onnx.model_path` is --model, and `ai.cache.enabled` also --no-cache.
  void AddTo(CLI::App* command, std::vector<std::string_view> keys = {});

  /// A flag for each setting of the server (ServerSettingsTable): for `vetor serve` alone.
  void AddServerTo(CLI::App* command);

  /// Flag over environment over --config file over `defaults`. --model on the command line also
  /// means backend onnx and fallback "error", unless --backend or --fallback say otherwise: a user
  /// who names a model wants that model. Errors name the flag, variable or file and key.
  Result<LoadedConfig> Load(LoadedConfig defaults = {}) const;

  /// As Load, and logs the warnings.
  Result<EmbeddingsConfig> Resolve() const;

  /// The file that --config names; empty if the flag is not given.
  const std::string& config_path() const { return config_path_; }

  /// Whether the command line has the flag of this setting.
  bool Given(std::string_view key) const;

 private:
  struct Flag {
    const SettingRow* setting;
    const CLI::Option* option;
  };
  void AddFlag(CLI::App* command, const SettingRow& setting);
  Status ApplyFlags(LoadedConfig* loaded) const;
  Status CheckModelFlags(const EmbeddingsConfig& config) const;

  std::string config_path_;
  std::vector<Flag> flags_;
};

/// An error of the library in the words of `command`. Each setting that its remedy (the part after
/// the first "; ") names is followed by its flag: "name the file in ai.onnx.library_path
/// (--library-path)". An option of a call becomes its flag: "option overwrite" is "--overwrite".
/// Flags that `command` lacks, and flags that the message names itself, are left out.
std::string NameFlags(std::string message, const CLI::App& command);

/// The same for a text that is a remedy as a whole, as that of a check of vetor doctor.
std::string NameFlagsOfRemedy(std::string remedy, const CLI::App& command);

}  // namespace vetor::cli
