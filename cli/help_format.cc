#include "cli/help_format.h"

#include <CLI/CLI.hpp>
#include <sstream>

namespace vetor::cli {
namespace {

constexpr size_t kWidth = 96;
constexpr size_t kColumn = 30;

// `names` on the left, `words` on the right; below each other where the names are long.
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
  const bool has_commands = !app->get_subcommands({}).empty();
  return "Usage: " + name + (has_commands ? " COMMAND [FLAGS]\n" : " [FLAGS]\n");
}

std::string HelpFormat::make_description(const CLI::App* app) const {
  return WrapText(app->get_description(), kWidth, 0) + "\n\n";
}

std::string HelpFormat::make_subcommand(const CLI::App* command) const {
  return TwoColumns(command->get_name(), command->get_description());
}

std::string HelpFormat::make_option(const CLI::Option* option, bool) const {
  std::string names;
  for (const std::string& name : option->get_snames()) names += "-" + name + ", ";
  for (const std::string& name : option->get_lnames()) names += "--" + name + ", ";
  names.resize(names.size() - 2);
  if (option->get_type_size() > 0 && !option->get_type_name().empty()) {
    names += " " + option->get_type_name();
  }
  return TwoColumns(names, option->get_description());
}

}  // namespace vetor::cli
