#include "tools/settings/settings_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <cstdint>
#include <type_traits>
#include <variant>

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

std::string PythonType(const Setting& setting) {
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

// What the extension takes and gives: each keyword with its type.
std::string PythonKeywords() {
  std::string text = "class Settings(TypedDict, total=False):\n";
  for (const Setting& setting : SettingsTable()) {
    const bool unset = std::holds_alternative<std::monostate>(setting.default_value);
    text += fmt::format("    {}: {}{}\n", setting.python(), PythonType(setting),
                        unset ? "" : " | None");
  }
  text += "\nclass Metrics(TypedDict):\n";
  ForEachMetric(Metrics(), [&text](const char* name, const auto& value) {
    using T = std::remove_cvref_t<decltype(value)>;
    const char* type = std::is_same_v<T, bool>          ? "bool"
                       : std::is_integral_v<T>          ? "int"
                       : std::is_floating_point_v<T>    ? "float"
                       : std::is_same_v<T, std::string> ? "str"
                                                        : "list[float]";
    text += fmt::format("    {}: {}\n", name, type);
  });
  return text;
}

std::string SectionTitle(std::string_view key) {
  if (key.starts_with("ai.onnx.")) return "The model and ONNX Runtime: `ai.onnx`";
  if (key.starts_with("ai.cache.")) return "The cache: `ai.cache`";
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

This page is written by `make settings` from the table that all of this is made of (`src/config/settings_table.cc`).
)";

std::string Page() {
  std::string text = kPageHead;
  // Settings of one section need not stand together in the table.
  for (const char* title : {"ai.", "ai.onnx.", "ai.cache."}) {
    text += "\n## " + SectionTitle(title) + "\n";
    for (const Setting& setting : SettingsTable()) {
      if (SectionTitle(setting.key) != SectionTitle(title)) continue;
      text += fmt::format("\n### `{}`\n\n{}\n\n", setting.key, setting.description);
      text += fmt::format("- Takes {}. Default: {}.\n", DescribeAllowed(setting),
                          JsonValue(setting.default_value));
      text += fmt::format("- Flag `{}`, variable `{}`, Python `{}`.\n", setting.flag(),
                          setting.environment(), setting.python());
    }
  }
  return text;
}

}  // namespace

std::vector<GeneratedText> GeneratedTexts() {
  constexpr const char* kBegin = "# Written by `make settings`: begin.";
  constexpr const char* kEnd = "# Written by `make settings`: end.";
  return {{"docs/settings.md", "", "", Page()},
          {"python/vetor/_config.py", kBegin, kEnd, PythonFields()},
          {"python/vetor/_native.pyi", kBegin, kEnd, PythonKeywords()}};
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
