#include "tools/settings/settings_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <variant>

#include "vetor/embeddings_service.h"
#include "vetor/metrics.h"
#include "vetor/settings.h"

namespace vetor {
namespace {

constexpr size_t kPythonWidth = 120;

// How languages write a value. 7.0, not 7, where a type says so.
std::string PythonValue(const SettingValue& value) {
  struct Writer {
    std::string operator()(std::monostate) const { return "None"; }
    std::string operator()(bool truth) const { return truth ? "True" : "False"; }
    std::string operator()(int64_t number) const { return fmt::format("{}", number); }
    std::string operator()(double number) const {
      return std::trunc(number) == number ? fmt::format("{:.1f}", number)
                                          : fmt::format("{}", number);
    }
    std::string operator()(const std::string& text) const { return fmt::format("\"{}\"", text); }
    std::string operator()(const std::vector<std::string>& list) const {
      if (list.empty()) return "[]";
      return fmt::format("[\"{}\"]", fmt::join(list, "\", \""));
    }
  };
  return std::visit(Writer{}, value);
}

std::string JsonValue(const SettingValue& value) {
  if (std::holds_alternative<std::monostate>(value)) return "unset";
  if (const bool* truth = std::get_if<bool>(&value)) return *truth ? "`true`" : "`false`";
  if (const double* number = std::get_if<double>(&value)) return fmt::format("`{}`", *number);
  return "`" + PythonValue(value) + "`";
}

std::string PythonType(const SettingRow& setting) {
  std::string type;
  switch (setting.type) {
    case SettingType::kBool:
      type = "bool";
      break;
    case SettingType::kInteger:
      type = "int";
      break;
    case SettingType::kNumber:
      type = "float";
      break;
    case SettingType::kString:
      type = setting.names_path() ? "str | os.PathLike[str]" : "str";
      break;
    case SettingType::kStringList:
      type = "list[str]";
      break;
  }
  if (std::holds_alternative<std::monostate>(setting.default_value)) type += " | None";
  return type;
}

// Words in lines of at most `width` characters.
std::string Wrapped(std::string_view text, const std::string& indent, size_t width) {
  std::string lines = indent;
  size_t length = indent.size();
  while (!text.empty()) {
    const size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    if (length + 1 + word.size() > width) {
      lines += "\n" + indent;
      length = indent.size();
    } else if (length > indent.size()) {
      lines += ' ';
      ++length;
    }
    lines += word;
    length += word.size();
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

std::string Description(const Setting& setting) {
  std::string text = setting.description;
  if (setting.form == SettingForm::kChoice || setting.form == SettingForm::kSum) {
    text += fmt::format(" {}: \"{}\".", setting.form == SettingForm::kChoice ? "Choices" : "Modes",
                        fmt::join(setting.choices, "\", \""));
  }
  return text;
}

// The fields of the class EmbeddingsConfig.
std::string PythonFields() {
  std::string text;
  for (const Setting& setting : SettingsTable()) {
    const std::string value = PythonValue(setting.default_value);
    const bool list = setting.type == SettingType::kStringList;
    text += fmt::format("    {}: {} = {}\n", setting.python(), PythonType(setting),
                        list ? "field(default_factory=lambda: " + value + ")" : value);
    text += Wrapped("\"\"\"" + Description(setting) + "\"\"\"", "    ", kPythonWidth) + "\n";
  }
  return text;
}

// A call's option in Python: the attribute of CallOptions, and the function that checks a value.
struct PythonOption {
  std::string name;
  const char* type;
  const char* check;  ///< Of _checks.py; empty: it has more than one keyword, checked by hand.
};

// An option of a type that none of these takes does not compile.
struct PythonOptionList {
  std::vector<PythonOption> options;

  void operator()(const char* name, bool EmbedOptions::*) {
    options.push_back({name, "bool", "flag"});
  }
  void operator()(const char* name, std::optional<std::string> EmbedOptions::*) {
    options.push_back({name, "str | None", "optional_text"});
  }
  template <NamedChoice E>
  void operator()(const char* name, E EmbedOptions::*) {
    options.push_back({name, "str", "text"});
  }
  template <NamedChoice E>
  void operator()(const char* name, std::optional<E> EmbedOptions::*) {
    options.push_back({name, "str | None", "optional_text"});
  }
  void operator()(const char*,
                  std::optional<std::chrono::steady_clock::time_point> EmbedOptions::*) {
    options.push_back({"timeout", "float | None", "optional_seconds"});
  }
  void operator()(const char*, std::stop_token EmbedOptions::*) {}  // Ctrl-C stops a call.
  // For servers; a call of Python waits for room.
  void operator()(const char*,
                  std::function<Status(std::span<const std::string_view>)> EmbedOptions::*) {}
  void operator()(const char* name, std::function<void(size_t, size_t)> EmbedOptions::*) {
    options.push_back({name, "Callable[[int, int], object] | None", ""});
  }
};

std::vector<PythonOption> PythonOptions() {
  PythonOptionList list;
  ForEachEmbedOption(list);
  return list.options;
}

std::string CallOptionsClass() {
  std::string text = "\nclass CallOptions:\n";
  for (const PythonOption& option : PythonOptions()) {
    text += fmt::format("    {}: {}\n", option.name, option.type);
  }
  return text + "    def __init__(self) -> None: ...\n";
}

std::string OptionChecks() {
  std::string text = "_CALL_OPTIONS: dict[str, Callable[[str, object], object]] = {\n";
  for (const PythonOption& option : PythonOptions()) {
    if (*option.check == '\0') continue;
    text += fmt::format("    \"{}\": {},\n", option.name, option.check);
  }
  return text + "}\n";
}

// What the extension takes: each keyword with its type.
std::string PythonKeywords() {
  std::string text = "class Settings(TypedDict, total=False):\n";
  for (const Setting& setting : SettingsTable()) {
    const bool unset = std::holds_alternative<std::monostate>(setting.default_value);
    text += fmt::format("    {}: {}{}\n", setting.python(), PythonType(setting),
                        unset ? "" : " | None");
  }
  return text + CallOptionsClass();
}

// False for every type; a condition that depends on the type is looked at only if it is needed.
template <typename T>
struct HasPythonType : std::false_type {};

template <typename T>
constexpr const char* PythonTypeOf() {
  if constexpr (std::is_same_v<T, bool>) {
    return "bool";
  } else if constexpr (std::is_integral_v<T>) {
    return "int";
  } else if constexpr (std::is_floating_point_v<T>) {
    return "float";
  } else if constexpr (std::is_same_v<T, std::string>) {
    return "str";
  } else if constexpr (std::is_same_v<T, std::vector<double>>) {
    return "list[float]";
  } else if constexpr (std::is_same_v<T, std::vector<CacheTierMetrics>>) {
    return "list[CacheTierMetrics]";
  } else {
    static_assert(HasPythonType<T>::value,
                  "a metric of a type that Python's Metrics does not know");
  }
}

// The classes of what EmbeddingsService.metrics gives.
std::string PythonMetrics() {
  std::string text = R"(class CacheTierMetrics(TypedDict):
    """One level of the cache. Counters are cumulative since opening."""

)";
  const auto add = [&text](const char* name, const auto& value) {
    text += fmt::format("    {}: {}\n", name, PythonTypeOf<std::remove_cvref_t<decltype(value)>>());
  };
  ForEachTierMetric(CacheTierMetrics(), add);
  text += R"(

class Metrics(TypedDict):
    """What a service has done and what it runs on. Counters are cumulative since opening and never decrease."""

)";
  ForEachMetric(Metrics(), add);
  return text;
}

constexpr const char* kServerHead = R"(

Only `vetor serve` has these flags; other commands, and Python, accept the section and do not use it. In C++ they are members of
`vetor::ServerConfig` (`include/vetor/server_config.h`).
)";

std::string SectionTitle(std::string_view key) {
  if (key.starts_with("ai.onnx.")) return "The model and ONNX Runtime: `ai.onnx`";
  if (key.starts_with("ai.cache.")) return "The cache: `ai.cache`";
  if (key.starts_with("ai.server.")) return "The server: `ai.server`";
  return "The service: `ai`";
}

constexpr const char* kPageHead = R"(# Settings

Every setting has one name in five places: section `ai` of a config.json, a flag of the commands, an environment variable,
a keyword of `EmbeddingsConfig` in Python, and a member of `vetor::EmbeddingsConfig` in C++
(`include/vetor/embeddings_config.h`). A flag goes before the environment, the environment before the file, the file before the
default. An empty variable counts as not set, and `null` in a file as left out.

`vetor config --check FILE` checks a file, `vetor config --schema` prints its JSON Schema for editors. A truth is switched on by
its flag and off by `--no-` and its name (`--no-map-weights`, `--no-cache`). `--model` is `--model-path`, with `ai.backend`
"onnx", `ai.onnx.enabled` and `ai.fallback` "error".

This page is written by `make settings` from the tables that all of this is made of (`src/config/settings_table.cc` and
`server_settings_table.cc`).
)";

// What is the same for a setting of either table; `names` are the setting's other names.
std::string Entry(const SettingRow& setting, const std::string& names) {
  return fmt::format("\n### `{}`\n\n{}\n\n- Takes {}. Default: {}.\n- {}.\n", setting.key,
                     setting.description, DescribeAllowed(setting),
                     JsonValue(setting.default_value), names);
}

std::string Page() {
  std::string text = kPageHead;
  // Settings of one section need not stand together in the table.
  for (const char* title : {"ai.", "ai.onnx.", "ai.cache."}) {
    text += "\n## " + SectionTitle(title) + "\n";
    for (const Setting& setting : SettingsTable()) {
      if (SectionTitle(setting.key) != SectionTitle(title)) continue;
      text += Entry(setting, fmt::format("Flag `{}`, variable `{}`, Python `{}`", setting.flag(),
                                         setting.environment(), setting.python()));
    }
  }
  text += "\n## " + SectionTitle("ai.server.") + kServerHead;
  for (const ServerSetting& setting : ServerSettingsTable()) {
    text += Entry(setting,
                  fmt::format("Flag `{}`, variable `{}`", setting.flag(), setting.environment()));
  }
  return text;
}

}  // namespace

std::vector<GeneratedText> GeneratedTexts() {
  constexpr const char* kBegin = "# Written by `make settings`: begin.";
  constexpr const char* kEnd = "# Written by `make settings`: end.";
  return {{"docs/settings.md", "", "", Page()},
          {"python/vetor/_config.py", kBegin, kEnd, PythonFields()},
          {"python/vetor/_native.pyi", kBegin, kEnd, PythonKeywords()},
          {"python/vetor/_metrics.py", kBegin, kEnd, PythonMetrics()},
          {"python/vetor/_checks.py", kBegin, kEnd, OptionChecks()}};
}

Result<std::string> WithGenerated(const GeneratedText& generated, std::string_view content) {
  if (generated.begin.empty()) return generated.text;
  const size_t begin = content.find(generated.begin);
  const size_t end = content.find(generated.end);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) {
    return NotFoundError(generated.file + " has no lines \"" + generated.begin + "\" and \"" +
                         generated.end + "\", between which its generated part belongs");
  }
  const size_t first = content.find('\n', begin) + 1;
  const size_t last = content.rfind('\n', end) + 1;
  return std::string(content.substr(0, first)) + generated.text + std::string(content.substr(last));
}

}  // namespace vetor
