#include "cli/help_format.h"

#include <CLI/CLI.hpp>
#include <sstream>

namespace vetor::cli {
namespace {

constexpr size_t kWidth = 96;
constexpr size_t kColumn = 30;

// `names` on the left, `words` on the right, or one below the other if the names are long.
std::string TwoColumns(const std::string& names, const std::string& words) {
  std::string text = "  " + names;
  if (text.size() + 2 > kColumn) text += "\n";
  const size_t line_start = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n') + 1;
  text.append(kColumn - (text.size() - line_start), ' ');
  return text + WrapText(words, kWidth - kColumn, kColumn) + "\n";
}

}  // namespace

std::string WrapText(const std::string& text, size_t width, size_t indent) {
  std::istringstream words(text);
  std::string wrapped;
  size_t line = 0;
  for (std::string word; words >> word;) {
    if (line > 0 && line + 1 + word.size() > width) {
      wrapped += "\n" + std::string(indent, ' ');
      line = 0;
    } else if (line > 0) {
      wrapped += ' ';
      ++line;
    }
    wrapped += word;
    line += word.size();
  }
  return wrapped;
}

std::string HelpFormat::make_usage(const CLI::App* app, std::string name) const {
  if (!app->get_subcommands({}).empty()) name += " COMMAND";
  for (const CLI::Option* option : app->get_options()) {
    if (option->get_positional()) name += " " + option->get_type_name();
  }
  return "Usage: " + name + " [FLAGS]\n";
}

std::string HelpFormat::make_description(const CLI::App* app) const {
  return WrapText(app->get_description(), kWidth, 0) + "\n\n";
}

std::string HelpFormat::make_group(std::string group, bool is_positional,
                                   std::vector<const CLI::Option*> options) const {
  std::string text = "\n" + group + ":\n";
  for (const CLI::Option* option : options) text += make_option(option, is_positional);
  return text;
}

std::string HelpFormat::make_subcommands(const CLI::App* app, CLI::AppFormatMode) const {
  std::string text;
  for (const CLI::App* command : app->get_subcommands({})) text += make_subcommand(command);
  return text.empty() ? text : "\nCommands:\n" + text;
}

std::string HelpFormat::make_subcommand(const CLI::App* command) const {
  return TwoColumns(command->get_name(), command->get_description());
}

std::string HelpFormat::make_option(const CLI::Option* option, bool) const {
  std::string names;
  for (const std::string& name : option->get_snames()) names += "-" + name + ", ";
  for (const std::string& name : option->get_lnames()) names += "--" + name + ", ";
  // A positional argument has no flag; its place tells which one it is.
  const bool by_place = names.empty();
  if (!by_place) names.resize(names.size() - 2);
  // CLI11 appends what its checks allow after a colon; the description says it in words. The colon
  // of FIELD[:N] is ours.
  std::string type = option->get_type_size() > 0 ? option->get_type_name() : "";
  const size_t colon = type.find(':');
  if (colon != std::string::npos && colon > 0 && type[colon - 1] != '[') type.resize(colon);
  if (by_place && type.empty()) type = option->get_name();
  if (!type.empty()) names += (by_place ? "" : " ") + type;
  return TwoColumns(names, option->get_description());
}

}  // namespace vetor::cli
