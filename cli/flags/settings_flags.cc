#include "cli/flags/settings_flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "os/log.h"

namespace vetor::cli {
namespace {

const char* GroupOf(std::string_view key) {
  if (key.starts_with("ai.onnx.")) return "Model settings";
  if (key.starts_with("ai.cache.")) return "Cache settings";
  if (key.starts_with("ai.server.")) return "Server settings";
  return "Settings";
}

const char* TypeName(const SettingRow& setting) {
  switch (setting.type) {
    case SettingType::kBool:
      return "";
    case SettingType::kInteger:
      return "N";
    case SettingType::kNumber:
      return "NUMBER";
    case SettingType::kString:
      return setting.names_path() ? "PATH" : "NAME";
    case SettingType::kStringList:
      return "NAME,...";
  }
  return "";
}

std::string DefaultText(const SettingValue& value) {
  struct Text {
    std::string operator()(std::monostate) const { return ""; }
    std::string operator()(bool truth) const { return truth ? "true" : "false"; }
    std::string operator()(int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(double number) const { return fmt::format("{}", number); }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(const std::vector<std::string>& list) const {
      return fmt::format("{}", fmt::join(list, ","));
    }
  };
  return std::visit(Text{}, value);
}

std::string Describe(const SettingRow& setting) {
  std::string text = setting.description;
  if (setting.form == SettingForm::kChoice) {
    text += fmt::format(" One of {}.", fmt::join(setting.choices, ", "));
  }
  if (setting.form == SettingForm::kSum) {
    text += fmt::format(" Modes: {}.", fmt::join(setting.choices, ", "));
  }
  const std::string fallback = DefaultText(setting.default_value);
  if (!fallback.empty()) text += fmt::format(" Default {}.", fallback);
  return text + fmt::format(" [{}]", setting.environment());
}

// A boolean is set by its flag alone and unset by --no-NAME: "--no-cache", "--no-normalize".
std::string NamesOf(const SettingRow& setting) {
  std::string flag = setting.flag();
  if (setting.key == std::string_view("ai.onnx.model_path")) return "--model," + flag;
  if (setting.type != SettingType::kBool) return flag;
  std::string name = flag.substr(2);
  constexpr std::string_view kSwitch = "-enabled";
  if (name.ends_with(kSwitch)) name.resize(name.size() - kSwitch.size());
  return fmt::format("{},!--no-{}", flag, name);
}

// "option overwrite" is a field in C++ and a keyword in Python; here it is --overwrite.
void ReplaceOptions(const CLI::App& command, std::string* message) {
  constexpr std::string_view kWord = "option ";
  constexpr std::string_view kNameCharacters = "abcdefghijklmnopqrstuvwxyz_";
  for (size_t place = message->find(kWord); place != std::string::npos;
       place = message->find(kWord, place + 1)) {
    const size_t begin = place + kWord.size();
    const size_t end =
        std::min(message->find_first_not_of(kNameCharacters, begin), message->size());
    std::string flag = "--" + message->substr(begin, end - begin);
    std::replace(flag.begin(), flag.end(), '_', '-');
    if (command.get_option_no_throw(flag) != nullptr) message->replace(place, end - place, flag);
  }
}

// The flag for a setting; `rest` is what a remedy says after its key. A switch has two.
std::string FlagIn(const SettingRow& setting, std::string_view rest) {
  if (setting.key == std::string_view("ai.onnx.model_path")) return "--model";
  const bool unset = setting.type == SettingType::kBool && rest.starts_with(" to false");
  const std::string names = NamesOf(setting);
  return unset ? names.substr(names.find('!') + 1) : setting.flag();
}

// Puts its flag after the setting, if `message` names that at or after `begin`.
void AddSettingFlag(const CLI::App& command, const SettingRow& setting, size_t begin,
                    std::string* message) {
  const std::string_view key = setting.key;
  const size_t place = message->find(key, begin);
  if (place == std::string::npos) return;
  const size_t end = place + key.size();
  const std::string flag = FlagIn(setting, std::string_view(*message).substr(end));
  if (command.get_option_no_throw(flag) == nullptr) return;
  if (message->find(flag) != std::string::npos) return;
  const bool longer = end + 1 < message->size() &&
                      ((*message)[end] == '.' || (*message)[end] == '_') &&
                      (*message)[end + 1] != ' ';
  if (longer) return;
  const bool in_brackets =
      place > 0 && (*message)[place - 1] == '(' && message->substr(end, 1) == ")";
  message->insert(end, in_brackets ? ", " + flag : " (" + flag + ")");
}

void AddSettingFlags(const CLI::App& command, size_t begin, std::string* message) {
  for (const Setting& setting : SettingsTable()) {
    AddSettingFlag(command, setting, begin, message);
  }
  for (const ServerSetting& setting : ServerSettingsTable()) {
    AddSettingFlag(command, setting, begin, message);
  }
}

bool RunsModel(const EmbeddingsConfig& config) { return config.backend == BackendKind::kOnnx; }

}  // namespace

void SettingsFlags::AddTo(CLI::App* command, std::vector<std::string_view> keys) {
  command->add_option("--config", config_path_, "Read settings from section \"ai\" of this file.")
      ->type_name("FILE")
      ->group("Settings");
  for (const Setting& setting : SettingsTable()) {
    if (keys.empty() || std::find(keys.begin(), keys.end(), setting.key) != keys.end()) {
      AddFlag(command, setting);
    }
  }
}

void SettingsFlags::AddServerTo(CLI::App* command) {
  for (const ServerSetting& setting : ServerSettingsTable()) AddFlag(command, setting);
}

void SettingsFlags::AddFlag(CLI::App* command, const SettingRow& setting) {
  // CLI11 gives only texts; ParseSetting reads them as it reads environment variables.
  const std::string description = Describe(setting);
  CLI::Option* option = nullptr;
  if (setting.type == SettingType::kBool) {
    option = command->add_flag(NamesOf(setting), description);
  } else {
    option = command->add_option(NamesOf(setting), description);
    option->type_name(TypeName(setting))
        ->multi_option_policy(setting.type == SettingType::kStringList
                                  ? CLI::MultiOptionPolicy::TakeAll
                                  : CLI::MultiOptionPolicy::TakeLast);
  }
  option->group(GroupOf(setting.key));
  flags_.push_back({&setting, option});
}

bool SettingsFlags::Given(std::string_view key) const {
  return std::any_of(flags_.begin(), flags_.end(), [&](const Flag& flag) {
    return flag.setting->key == key && flag.option->count() > 0;
  });
}

// What one flag asks for and another one switches off.
Status SettingsFlags::CheckModelFlags(const EmbeddingsConfig& config) const {
  const bool off = Given("ai.onnx.enabled") && !config.onnx.enabled;
  if (!off || !RunsModel(config)) return Status();
  if (!Given("ai.onnx.model_path") && !Given("ai.backend")) return Status();
  return InvalidArgumentError(
      fmt::format("--no-onnx switches the model off that {} asks for; leave out one of the two",
                  Given("ai.onnx.model_path") ? "--model" : "--backend"));
}

Status SettingsFlags::ApplyFlags(LoadedConfig* loaded) const {
  for (const Flag& flag : flags_) {
    if (flag.option->count() == 0) continue;
    const std::vector<std::string>& given = flag.option->results();
    const std::string text = flag.setting->type == SettingType::kStringList
                                 ? fmt::format("{}", fmt::join(given, ","))
                                 : given.back();
    const std::string name = flag.option->get_name();
    VETOR_ASSIGN_OR_RETURN(SettingValue value, ParseSetting(*flag.setting, text, name));
    ApplySetting(*flag.setting, std::move(value), loaded);
  }
  return Status();
}

Result<LoadedConfig> SettingsFlags::Load(LoadedConfig defaults) const {
  LoadedConfig loaded = std::move(defaults);
  if (!config_path_.empty()) VETOR_RETURN_IF_ERROR(ApplyConfigFile(config_path_, &loaded));
  VETOR_RETURN_IF_ERROR(ApplyEnvironment(&loaded));
  EmbeddingsConfig& config = loaded.config;
  const bool model_given = Given("ai.onnx.model_path");
  if (model_given) {
    config.backend = BackendKind::kOnnx;
    config.fallback = Fallback::kError;
  }
  VETOR_RETURN_IF_ERROR(ApplyFlags(&loaded));
  VETOR_RETURN_IF_ERROR(CheckModelFlags(config));
  if (model_given && !RunsModel(config)) {
    loaded.warnings.push_back(fmt::format(
        "--backend {} runs, and the model that --model names is not used; leave out one of the two",
        ToString(*config.backend)));
  }
  // The file's switch must not undo what the command line asks for by name.
  if ((model_given || Given("ai.backend")) && !Given("ai.onnx.enabled")) {
    config.onnx.enabled = config.onnx.enabled || config.backend == BackendKind::kOnnx;
  }
  return loaded;
}

std::string NameFlags(std::string message, const CLI::App& command) {
  ReplaceOptions(command, &message);
  const size_t remedy = message.find("; ");
  if (remedy != std::string::npos) AddSettingFlags(command, remedy, &message);
  return message;
}

std::string NameFlagsOfRemedy(std::string remedy, const CLI::App& command) {
  ReplaceOptions(command, &remedy);
  AddSettingFlags(command, 0, &remedy);
  return remedy;
}

Result<EmbeddingsConfig> SettingsFlags::Resolve() const {
  VETOR_ASSIGN_OR_RETURN(LoadedConfig loaded, Load());
  for (const std::string& warning : loaded.warnings) {
    Log(LogLevel::kWarning, "{}", warning);
  }
  return std::move(loaded.config);
}

}  // namespace vetor::cli
