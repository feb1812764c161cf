// Help as a manual page: flags in one column, their descriptions wrapped beside them.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace vetor::cli {

class HelpFormat : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* app, std::string name) const override;
  std::string make_description(const CLI::App* app) const override;
  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override;
  std::string make_subcommands(const CLI::App* app, CLI::AppFormatMode mode) const override;
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
};

/// Lines of at most `width` characters, broken at spaces; each but the first begins with `indent`
/// spaces.
std::string WrapText(const std::string& text, size_t width, size_t indent);

}  // namespace vetor::cli
